# syntax=docker/dockerfile:1
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
# tini reaps what runs leave behind when the gate itself is gone; certificates are for the agents.
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates tini \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --create-home --shell /usr/sbin/nologin herdgate \
 && install -d -o herdgate -g herdgate -m 0700 /data
COPY --from=build /herdgate /usr/local/bin/herdgate
USER herdgate
# The project and the credentials are mounted read-only; all that the gate writes goes to /data.
ENV HERDGATE_CONFIG=/project \
    HERDGATE_CREDENTIALS_DIR=/credentials \
    HERDGATE__DATA_DIR=/data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["herdgate", "healthcheck"]
ENTRYPOINT ["tini", "--", "herdgate"]
CMD ["serve", "--log-format", "json"]
