# A static program, alone on a read-only root:
#   docker run --read-only --cap-drop ALL -v hub-data:/data -p 8080:8080 upgradehub
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=${VERSION}" -o /out/hub ./hub
# The one place that is written to, owned by the user who writes.
RUN mkdir -p /out/data && chown 65532:65532 /out/data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/hub /hub
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
ENV HUB_DATA=/data \
    HUB_HTTP=0.0.0.0:8080 \
    HUB_OPS=0.0.0.0:8081 \
    HUB_NATS_LISTEN=0.0.0.0:4222
VOLUME /data
EXPOSE 8080 8081 4222
ENTRYPOINT ["/hub"]
