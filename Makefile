# Python 3 and make are all that a fresh machine needs: uv comes from PyPI where it is missing,
# and brings Python 3.13 where that is missing.
SHELL := /bin/sh
# Compiled once at install: every process starts in half the time.
export UV_COMPILE_BYTECODE := 1
export PATH := $(PATH):$(firstword $(wildcard $(HOME)/.pyenv/versions/3.13*/bin))
PYTEST = pytest --dist loadfile --no-loadscope-reorder
UV = $(shell command -v uv || (cd / && python3 $(CURDIR)/scripts/bring_uv.py $(CURDIR)/.uv))

.PHONY: demo check test format screenshots clean

demo:  ## everything on this machine, against a simulated ANAF
	@uv="$(UV)" && exec "$$uv" run caraus demo $(ARGS)

check:  ## lint, types, and the tests that need neither a browser nor a process
	@uv="$(UV)" && exec "$$uv" run $(PYTEST) -n 2 -m "lint or not (browser or process)" $(ARGS)

# One more than there are processors: browsers and servers are waited for.
test:  ## all checks and tests, a real browser among them
	@uv="$(UV)" && exec "$$uv" run $(PYTEST) -n 3 $(ARGS)

format:  ## put the code in order
	@uv="$(UV)" && "$$uv" run ruff format && "$$uv" run ruff check --fix && "$$uv" run djangofmt caraus

screenshots:  ## make docs/screenshots anew
	@uv="$(UV)" && exec "$$uv" run python scripts/screenshots.py

clean:  ## forget the environments and caches
	rm -rf .venv .uv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
