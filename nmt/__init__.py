"""The translation engine: CSANMT on ONNX Runtime."""
