# One command for people and for CI: make test. It needs Go; what else it
# needs it installs on Debian as root, and elsewhere names what is missing.

SHELL    := /bin/bash
GOLANGCI := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GOVULN   := go run golang.org/x/vuln/cmd/govulncheck@v1.9.0
VERSION  ?= dev
BUILD     = CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags '-s -w -X main.version=$(VERSION)'

.PHONY: test tools lint check golden bench audit screenshots fuzz vuln image image-check

# The race detector needs cgo, so the C compiler has to be there first.
test: tools lint
	CGO_ENABLED=1 go test -race -shuffle=on -parallel 4 -timeout 20m ./...

tools:
	@.ci/tools

lint:
	@unformatted=$$(gofmt -l .); [ -z "$$unformatted" ] || { echo "gofmt: $$unformatted"; exit 1; }
	go vet ./...
	go fix -diff ./...
	$(GOLANGCI) run

# The same tests without the race detector and the installations: quick, for
# the hand.
check:
	go vet ./... && go test ./...

# Rewrites what readers see in testdata; read the diff like code.
golden:
	@grep -rl --include='*_test.go' 'flag.Bool("update"' . | xargs -r -n1 dirname | sort -u | \
		while read -r dir; do echo "go test $$dir -update"; go test "$$dir" -update || exit 1; done

# From an event published to the page changed in Chromium, beside a bare echo;
# and an announcement to a hundred thousand subscribers, beside go-mail alone.
bench: tools
	go test ./hub -run '^$$' -bench EventToDOM -benchtime 200x -timeout 20m
	go test ./hub -run '^$$' -bench Announcement -benchtime 1x -timeout 30m

# Lighthouse, axe-core, the Nu HTML checker and a printer on a hub in the middle
# of an upgrade that runs late. Needs node and Java besides; see .ci/audit.
audit:
	@.ci/audit

# The README's pictures, of a real hub in a real browser; and every page in
# light, in dark, on a phone, right to left and on paper, in ALBUM.
ALBUM ?= $(shell mktemp -d)
screenshots: album := $(ALBUM)
screenshots: tools
	@mkdir -p $(album)
	go test ./hub -run TestScreenshots -screenshots $(CURDIR)/statuspage/testdata/screenshots -album $(album)
	@for file in $(album)/*.pdf; do pdftoppm -r 60 -png "$$file" "$${file%.pdf}-print"; done
	@echo "every page is in $(album): look at it"

# Each fuzz test for FUZZTIME; their seeds run in every make test. To make an
# input small may take a minute by default, in which nothing is tried.
FUZZTIME ?= 30s
fuzz:
	@grep -roE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' . | sort -u | while IFS=: read -r file name; do \
		dir=$$(dirname "$$file"); name=$${name#func }; echo "$$dir $$name"; \
		go test "$$dir" -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 50x || exit 1; done

# Known vulnerabilities that our code reaches. VULNDB names another database:
# make vuln VULNDB=file:///path/to/db
VULNDB ?= https://vuln.go.dev
vuln:
	$(GOVULN) -db $(VULNDB) ./...

image:
	docker build --build-arg VERSION=$(VERSION) -t upgradehub:$(VERSION) .

# What the image does, without a container engine: the static binary as an
# unprivileged user on a read-only root that holds nothing else.
image-check:
	@binary=$$(mktemp -d)/hub && $(BUILD) -o "$$binary" ./hub && .ci/image-check "$$binary"
