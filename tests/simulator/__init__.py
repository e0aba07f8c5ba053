"""Tests of ANAF's double, over real sockets."""
