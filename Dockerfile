# One program in two images. A plain build makes `api`, the last stage: HTTP and what is embedded.
# `--target worker` adds the compilers and interpreters of every language, and bubblewrap.
#
# Debian 13 rather than 12: its Go (1.24), Node (20) and Rust (1.85) are new enough for what the judge builds and for
# what candidates write; its security team keeps all of them. Base images are named to the patch level, Python's
# packages by hash; Debian's packages follow the release, since its mirrors drop a version when they fix it.
ARG PYTHON_IMAGE=python:3.11.17-slim-trixie
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

# --- Python's packages, from the lock and from nowhere else ------------------------------------------------------------------

FROM ${PYTHON_IMAGE} AS wheels
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
COPY requirements.txt deploy/build-requirements.txt ./
# Not in /usr/local: the sandbox shows /usr to candidates' programs, /opt it does not.
RUN python -m venv --without-pip /opt/assay \
 && pip --python /opt/assay/bin/python install --require-hashes --only-binary :all: --requirement requirements.txt \
 && pip install --require-hashes --only-binary :all: --requirement build-requirements.txt
COPY LICENSE pyproject.toml ./
COPY domain domain
COPY application application
COPY adapters adapters
COPY config config
COPY entrypoints entrypoints
RUN pip wheel --no-deps --no-index --no-build-isolation --wheel-dir dist . \
 && pip --python /opt/assay/bin/python install --no-deps --no-index dist/assay-*.whl

# --- TypeScript's compiler, without npm in the image that runs it ------------------------------------------------------------

FROM ${NODE_IMAGE} AS typescript
RUN npm install --global --ignore-scripts --no-fund --no-audit typescript@7.0.2 @types/node@20.19.43

# --- what both images are ----------------------------------------------------------------------------------------------------

FROM ${PYTHON_IMAGE} AS runtime
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Assay" \
      org.opencontainers.image.description="Backend of an online coding-assessment platform" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# Group 0 may write where the user may, so that the home folder also serves a worker that runs as uid 0 without the
# capability to overrule file modes. Others may only pass: boxes, which have uids of their own, reach what is bound.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends tini \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --gid 0 --home-dir /var/lib/assay --no-create-home --shell /usr/sbin/nologin assay \
 && install --directory --owner 10001 --group 0 --mode 0771 /var/lib/assay
COPY --from=wheels /opt/assay /opt/assay
COPY --chmod=0755 deploy/entrypoint.sh /opt/assay/bin/assay-entrypoint
ENV PATH=/opt/assay/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    ASSAY_HOME=/var/lib/assay \
    ASSAY_HOST=0.0.0.0 \
    ASSAY_PORT=8000
WORKDIR /var/lib/assay
ENTRYPOINT ["assay-entrypoint"]

# --- worker: `docker build --target worker -t coding-worker .` ---------------------------------------------------------------

FROM runtime AS worker
USER root
RUN mkdir --parents /usr/share/man/man1 \
 && apt-get update \
 && apt-get install --yes --no-install-recommends \
      bubblewrap \
      default-jdk-headless \
      fp-compiler \
      fp-units-fcl \
      g++ \
      gcc \
      ghc \
      golang-go \
      kotlin \
      libc6-dev \
      lua5.4 \
      mono-mcs \
      mono-runtime \
      nodejs \
      ocaml \
      perl \
      php-cli \
      pypy3 \
      r-base-core \
      ruby \
      rustc \
      sqlite3 \
 && rm -rf /var/lib/apt/lists/*
COPY --from=typescript /usr/local/lib/node_modules/typescript /usr/local/lib/node_modules/typescript
COPY --from=typescript /usr/local/lib/node_modules/@types /usr/local/lib/node_modules/@types
# The sandbox's init is compiled here. What is prepared in boxes (Go's library, C++'s headers) is made by a container's first start,
# as a build may make no namespaces. The throw-away home takes the key that every start makes with it: no layer has it.
RUN ln --symbolic ../lib/node_modules/typescript/bin/tsc /usr/local/bin/tsc \
 && { ASSAY_HOME=/tmp/home assay doctor --judge || true; } \
 && install --directory --owner 10001 --group 0 --mode 0775 /var/lib/assay/sandbox \
 && install --owner 10001 --group 0 --mode 0755 /tmp/home/sandbox/init-* /var/lib/assay/sandbox/ \
 && rm -rf /tmp/home
USER 10001:0
VOLUME /var/lib/assay
HEALTHCHECK --interval=10m --timeout=3m --start-period=3m --retries=2 CMD ["assay", "doctor", "--judge"]
CMD ["worker"]

# --- api: `docker build -t coding-backend .` ---------------------------------------------------------------------------------

FROM runtime AS api
USER 10001:0
VOLUME /var/lib/assay
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health/live', timeout=4)"]
CMD ["serve"]
