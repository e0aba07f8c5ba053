# Cărăuș: one image for web, worker and commands.
# Bases and tools by their full version. To hold a base to its bytes as well, take the digest that
# `docker buildx imagetools inspect python:3.13.9-slim-bookworm` tells and write
# python:3.13.9-slim-bookworm@sha256:… in both places.
FROM python:3.13.9-slim-bookworm AS build
RUN pip install --no-cache-dir "uv==0.13.9"
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
WORKDIR /app
COPY pyproject.toml uv.lock README.md LICENSE ./
RUN uv sync --frozen --no-dev --no-install-project --extra sentry
COPY caraus ./caraus
COPY anaf_simulator ./anaf_simulator
RUN uv sync --frozen --no-dev --no-editable --extra sentry

FROM python:3.13.9-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin caraus \
    && install -d -o caraus -g caraus -m 0700 /data
COPY --from=build /app/.venv /app/.venv
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 CARAUS_DATA_DIR=/data CARAUS_LOG_READABLE=0
USER caraus
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["caraus", "web", "--host", "0.0.0.0"]
