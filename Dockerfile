# Needs BuildKit, for the caches. The base images are named by tag, so that a rebuild takes their
# security updates; who wants the same bytes again pins them: FROM debian:trixie-slim@sha256:…
FROM rust:1-slim-trixie AS build
WORKDIR /src
# The C compiler is for SQLite, which is compiled in.
RUN apt-get update \
 && apt-get install -y --no-install-recommends gcc libc6-dev \
 && rm -rf /var/lib/apt/lists/*
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --bin herdgate \
 && cp target/release/herdgate /herdgate

FROM debian:trixie-slim
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Herdgate" \
      org.opencontainers.image.description="A gate for a herd of AI agents: signed webhooks and cron ticks in, durable agent runs out" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# tini reaps what runs leave behind when the gate itself is gone; certificates are for the agents.
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates tini \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 10001 herdgate \
 && useradd --uid 10001 --gid 10001 --create-home --shell /usr/sbin/nologin herdgate \
 && install -d -o 10001 -g 10001 -m 0700 /data
COPY --from=build /herdgate /usr/local/bin/herdgate
# Numbers, so that Kubernetes can see that it is not root.
USER 10001:10001
# The project and the credentials are mounted read-only; all that the gate writes goes to /data. Loopback is
# the container's own, where no webhook can come in.
ENV HERDGATE_CONFIG=/project \
    HERDGATE_CREDENTIALS_DIR=/credentials \
    HERDGATE__DATA_DIR=/data \
    HERDGATE__GATEWAY__HOST=0.0.0.0
VOLUME /data
EXPOSE 8080
# Runs get 30 s of grace and 10 s to die: `docker run --stop-timeout 60`.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["herdgate", "healthcheck"]
ENTRYPOINT ["tini", "--", "herdgate"]
CMD ["serve", "--log-format", "json"]
