# syntax=docker/dockerfile:1
# Two images. `hawker` has the program and nothing else: for nodes that neither encode nor transcode (api, edge).
# `hawker-media`, the last and so the usual one, has ffmpeg beside it: for a whole mall in one, for live and worker.
#   docker build -t hawker-media .
#   docker build -t hawker --target hawker .

FROM --platform=$BUILDPLATFORM node:22-bookworm-slim AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json ./
COPY web/apps/mall/package.json apps/mall/
COPY web/apps/console/package.json apps/console/
COPY web/packages/api/package.json packages/api/
COPY web/packages/media/package.json packages/media/
COPY web/packages/ui/package.json packages/ui/
RUN --mount=type=cache,target=/cache/npm npm ci --cache /cache/npm --no-audit --no-fund --ignore-scripts
COPY web/ ./
RUN npm run --silent build

FROM --platform=$BUILDPLATFORM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
COPY --from=web /src/web/dist web/dist
ARG TARGETOS TARGETARCH
ENV CGO_ENABLED=0 GOCACHE=/cache/go GOOS=$TARGETOS GOARCH=$TARGETARCH
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/cache/go \
    go build -trimpath -ldflags '-s -w' -o /out/hawker ./cmd/hawker && \
    go build -trimpath -ldflags '-s -w' -o /out/ready ./deploy/docker/ready
# The data folder is the user's alone, as the program wants it.
RUN install -d -o 65532 -g 65532 -m 0700 /out/data && install -d -m 1777 /out/tmp

FROM scratch AS hawker
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo
COPY --from=build --chown=65532:65532 /out/data /data
COPY --from=build /out/tmp /tmp
COPY --from=build /out/hawker /out/ready /usr/local/bin/
USER 65532:65532
ENV HAWKER_DATA=/data HAWKER_HTTP=:8080 HAWKER_RTMP=:1935 HAWKER_LOG_FORMAT=json
VOLUME /data
EXPOSE 8080 1935
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 CMD ["/usr/local/bin/ready"]
ENTRYPOINT ["/usr/local/bin/hawker"]
CMD ["serve"]

FROM debian:bookworm-slim AS hawker-media
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates ffmpeg tzdata && \
    rm -rf /var/lib/apt/lists/*
COPY --from=build --chown=65532:65532 /out/data /data
COPY --from=build /out/hawker /out/ready /usr/local/bin/
USER 65532:65532
ENV HAWKER_DATA=/data HAWKER_HTTP=:8080 HAWKER_RTMP=:1935 HAWKER_LOG_FORMAT=json
VOLUME /data
EXPOSE 8080 1935
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 CMD ["/usr/local/bin/ready"]
ENTRYPOINT ["/usr/local/bin/hawker"]
CMD ["serve"]
