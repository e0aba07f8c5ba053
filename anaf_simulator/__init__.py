"""A double of ANAF's OAuth and RO e-Transport services, for tests and demonstrations.

Start it with ``python -m anaf_simulator``; see the README beside this file. It knows nothing of
the product that talks to it, and the product knows nothing of it: they meet over HTTP only.
"""
