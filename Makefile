# Everything a person does with this repository, one word each. `make help` lists them; the work is in scripts/.
# No target is a file and no path is spelled out here, so a folder with a space in its name is a folder like any other.

.DEFAULT_GOAL := help
SECONDS ?= 60
.PHONY: help run demo test lint sqlx rush bench

help: ## This list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1	\2/p' Makefile

run: ## Build Comanda and open the demo restaurant on http://localhost:3000
	@exec sh scripts/run.sh

demo: ## Set the demo restaurant back to its first evening, beside a program that serves or not
	@exec sh scripts/run.sh demo

test: ## Every test: Rust, Node, browser
	@exec sh scripts/test.sh

lint: ## Everything that needs no running program: format, clippy, documentation, queries, types, licences
	@exec sh scripts/lint.sh

sqlx: ## Write .sqlx anew, after a change to a query or a migration
	@exec sh scripts/sqlx.sh

rush: ## Load a running server: TABLETS, RATE, SCREENS, SECONDS, UI=1, COMANDA_URL, COMANDA_TOKEN
	@RUSH_SECONDS='$(SECONDS)' exec sh scripts/rush.sh

bench: ## The benchmark of a full house: from tap to every screen; ONLY="W4 W6" runs some, PEERS=1 others too
	@ONLY='$(ONLY)' PEERS='$(PEERS)' exec sh scripts/bench.sh
