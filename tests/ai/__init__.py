"""Tests of the `ai` package: plain values in, plain values out."""
