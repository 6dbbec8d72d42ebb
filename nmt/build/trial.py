"""Networks to be tried out without a bundle of their own."""

import tempfile
from dataclasses import replace
from pathlib import Path

import onnx

from nmt.build.export import Network
from nmt.build.quantize import Scheme
from nmt.build.writer import shortlist_of
from nmt.bundle import Manifest
from nmt.session import DECODER_FILE, ENCODER_FILE, Session
from nmt.shortlist import SHORTLIST_FILE, Lexicon


def trial_session(network: Network, scheme: Scheme, threads: int = 1, lexicon: Lexicon | None = None) -> Session:
    """Return the network, stored so, as a session whose files are gone; searches take their length penalty from elsewhere.

    With a `lexicon` it has a shortlist.
    """
    network = replace(network, shortlist=lexicon is not None)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        onnx.save(network.encoder(scheme), folder / ENCODER_FILE)
        onnx.save(network.decoder(scheme), folder / DECODER_FILE)
        if lexicon is not None:
            shortlist_of(network, scheme, lexicon).save(folder / SHORTLIST_FILE)
        files = {path.name: "" for path in folder.iterdir()}
        manifest = Manifest(folder, "trial", network.config, scheme.precision, network.positions, network.positions, 0.0, files, {})
        return Session(manifest, threads)
