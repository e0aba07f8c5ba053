"""The signing key, derived from the seed: a restart with the same seed accepts older tokens.

This is no key to trust anything to: whoever knows the seed has it.
"""

import math
import random
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric import rsa

_EXPONENT = 65537
_SIEVE_LIMIT = 20_000
_WINDOW = 1 << 14
_ROUNDS = 8


@lru_cache(maxsize=1)
def _small_primes() -> tuple[int, ...]:
    sieve = bytearray([1]) * _SIEVE_LIMIT
    for number in range(2, math.isqrt(_SIEVE_LIMIT) + 1):
        if sieve[number]:
            sieve[number * number :: number] = bytes(len(range(number**2, _SIEVE_LIMIT, number)))
    return tuple(number for number in range(3, _SIEVE_LIMIT) if sieve[number])


def _survivors(start: int) -> list[int]:
    """Return the odd numbers of a window from the odd ``start`` on without a small prime factor."""
    composite = bytearray(_WINDOW)
    for prime in _small_primes():
        first = (-start * pow(2, -1, prime)) % prime
        composite[first::prime] = b"\x01" * len(range(first, _WINDOW, prime))
    return [start + 2 * index for index in range(_WINDOW) if not composite[index]]


def _is_probable_prime(number: int, rng: random.Random) -> bool:
    """Test by Miller-Rabin; the first base rejects nearly every composite."""
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(_ROUNDS):
        power = pow(rng.randrange(2, number - 1), odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True


def _prime(rng: random.Random, bits: int) -> int:
    while True:
        start = rng.getrandbits(bits) | (3 << (bits - 2)) | 1
        for candidate in _survivors(start):
            if math.gcd(candidate - 1, _EXPONENT) == 1 and _is_probable_prime(candidate, rng):
                return candidate


def signing_key(seed: int) -> rsa.RSAPrivateKey:
    """Derive the 2048-bit RSA key of ``seed``; the same each time, in well under a second."""
    rng = random.Random(f"anaf-simulator/rsa/{seed}")  # noqa: S311 - reproducible on purpose
    first, second = _prime(rng, 1024), _prime(rng, 1024)
    p, q = max(first, second), min(first, second)
    private = pow(_EXPONENT, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p=p,
        q=q,
        d=private,
        dmp1=rsa.rsa_crt_dmp1(private, p),
        dmq1=rsa.rsa_crt_dmq1(private, q),
        iqmp=rsa.rsa_crt_iqmp(p, q),
        public_numbers=rsa.RSAPublicNumbers(_EXPONENT, p * q),
    )
    return numbers.private_key()
