"""Networks to be tried out without a bundle of their own."""

import tempfile
from pathlib import Path

import onnx

from nmt.build.export import Network
from nmt.build.quantize import Scheme
from nmt.bundle import Manifest
from nmt.session import DECODER_FILE, ENCODER_FILE, Session


def trial_session(network: Network, scheme: Scheme, threads: int = 1) -> Session:
    """Return the network, stored so, as a session whose files are gone; searches take their length penalty from elsewhere."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        onnx.save(network.encoder(scheme), folder / ENCODER_FILE)
        onnx.save(network.decoder(scheme), folder / DECODER_FILE)
        manifest = Manifest(folder, "trial", network.config, scheme.precision, network.positions, network.positions, 0.0, {}, {})
        return Session(manifest, threads)
