# game-session-manager: `make demo` to see it work, `make test` to check it, `make help` for the rest.

SERVICES := gateway matchmaker notifier metrics
TOOLS    := devbroker players gsmctl
PKGS     := rdkafka hiredis libmicrohttpd json-c libuv libcrypto
LWS_PKGS := libwebsockets

SAN   ?=
comma := ,
B     := build$(if $(SAN),-$(subst $(comma),-,$(SAN)))
CC    ?= cc
OPT   ?= -O2 -g
WARN  := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wundef \
         -Wpointer-arith -Wcast-qual -Wvla -Wformat=2 -Wnull-dereference -Wdouble-promotion
HARD  := -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
SANF  := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer -U_FORTIFY_SOURCE)
INC   := $(addprefix -I,$(wildcard libs/*))
ALL_C  = -std=c11 -D_GNU_SOURCE $(OPT) $(WARN) $(HARD) $(SANF) $(INC) $(shell pkg-config --cflags $(PKGS) $(LWS_PKGS) 2>/dev/null) $(CFLAGS)
ALL_L  = $(SANF) -pie -Wl,--as-needed -Wl,-z,relro,-z,now $(LDFLAGS)
LIBS   = $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lm -lpthread
LWS    = $(shell pkg-config --libs $(LWS_PKGS) 2>/dev/null)

# Set once: each shell call costs more than a compile.
ALL_C := $(ALL_C)
LIBS  := $(LIBS)
LWS   := $(LWS)

LIB_C  := $(wildcard libs/*/*.c)
LIB_O  := $(LIB_C:%.c=$(B)/%.o)
BINS   := $(addprefix $(B)/,$(SERVICES) $(TOOLS))
UNIT   := $(patsubst tests/unit/%.c,$(B)/tests/%,$(wildcard tests/unit/test_*.c))
FUZZ   := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/*.c))
ORACLE := $(patsubst tests/oracle/%.c,$(B)/oracle/%,$(wildcard tests/oracle/*.c))
BENCH  := $(patsubst tests/bench/%.c,$(B)/bench/%,$(wildcard tests/bench/*.c))
WORKER := $(B)/chaos/queue_worker
SRC    := $(wildcard libs/*/*.[ch] services/*/*.[ch] tools/*/*.[ch] tests/unit/*.[ch] tests/bench/*.[ch] tests/fuzz/*.[ch] tests/oracle/*.c tests/chaos/*.[ch])

# One short line a file; `make V=1` shows the commands.
ifeq ($(V),)
Q   := @
say  = @echo "  $(1)  $@"
endif

all: $(BINS)
	@:

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(ALL_C) -MMD -MP -c -o $@ $<

$(B)/libgsm.a: $(LIB_O)
	@rm -f $@
	$(call say,AR)
	$(Q)ar rcs $@ $^

# A page that a tool writes: its text, as data.
$(B)/%.html.o: %.html
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(LD) -r -b binary -z noexecstack -o $@ $<

objects = $(patsubst %.c,$(B)/%.o,$(wildcard $(1)/*.c)) $(patsubst %,$(B)/%.o,$(wildcard $(1)/*.html))

define binary
$(B)/$(1): $(call objects,$(2)/$(1)) $(B)/libgsm.a
	$$(call say,LD)
	$$(Q)$$(CC) $$(ALL_L) -o $$@ $$^ $$(LWS) $$(LIBS)
endef
$(foreach s,$(SERVICES),$(eval $(call binary,$(s),services)))
$(foreach t,$(TOOLS),$(eval $(call binary,$(t),tools)))

# A matchmaker that some tickets kill (services/matchmaker/hooks.h): for tests of what follows, and never installed.
$(B)/hooked/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(ALL_C) -DGSM_TEST_HOOKS -MMD -MP -c -o $@ $<
HOOKED := $(B)/matchmaker-hooked
$(HOOKED): $(patsubst $(B)/%,$(B)/hooked/%,$(call objects,services/matchmaker)) $(B)/libgsm.a
	$(call say,LD)
	$(Q)$(CC) $(ALL_L) -o $@ $^ $(LWS) $(LIBS)

# A test links the libraries; test_gateway_x.c also the gateway's modules. Never a main().
service_o = $(filter-out %/main.o,$(call objects,services/$(1)) $(call objects,tools/$(1)))
define service_test
$(B)/tests/test_$(1)_%: $(B)/tests/unit/test_$(1)_%.o $(call service_o,$(1)) $(B)/libgsm.a
	$$(call say,LD)
	$$(Q)$$(CC) $$(ALL_L) -o $$@ $$^ $$(shell pkg-config --libs check) $$(LWS) $$(LIBS)
$(B)/tests/unit/test_$(1)_%.o: ALL_C += $(addprefix -I,$(wildcard services/$(1) tools/$(1)))
endef
$(foreach s,$(SERVICES) gsmctl,$(eval $(call service_test,$(s))))
$(B)/tests/test_%: $(B)/tests/unit/test_%.o $(B)/libgsm.a
	$(call say,LD)
	$(Q)$(CC) $(ALL_L) -o $@ $^ $(shell pkg-config --libs check) $(LIBS)
$(B)/tests/unit/%.o: tests/unit/%.c
	@mkdir -p $(@D) $(B)/tests
	$(call say,CC)
	$(Q)$(CC) $(ALL_C) -MMD -MP -c -o $@ $<
$(B)/bench/%: $(B)/tests/bench/%.o $(B)/libgsm.a
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(ALL_L) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LIBS)
$(B)/bench/bench_journal: $(B)/services/matchmaker/decision.o
$(B)/tests/bench/bench_journal.o: ALL_C += -Iservices/matchmaker
$(B)/oracle/%: $(B)/tests/oracle/%.o $(B)/libgsm.a
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(ALL_L) -o $@ $^ $(LIBS)

$(WORKER): $(patsubst %.c,$(B)/%.o,$(wildcard tests/chaos/queue_*.c)) $(B)/libgsm.a
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(ALL_L) -o $@ $^ $(LIBS)

# A fuzz target links the libraries and the pure modules of a service that it is about.
$(B)/fuzz/%: $(B)/tests/fuzz/%.o $(B)/libgsm.a
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(ALL_L) -fsanitize=fuzzer -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LIBS)
$(B)/fuzz/fuzz_journal: $(B)/services/matchmaker/decision.o
$(B)/fuzz/fuzz_command: $(B)/services/matchmaker/intake.o
$(B)/fuzz/fuzz_event:   $(B)/services/notifier/message.o
$(B)/fuzz/fuzz_request: $(patsubst %,$(B)/services/gateway/%.o,party request)
$(B)/fuzz/fuzz_metric:  $(patsubst %,$(B)/services/metrics/%.o,pages put_metric rollup)
$(B)/tests/fuzz/%.o: ALL_C += $(addprefix -Iservices/,$(SERVICES))

deps:            ## install what is missing (Debian packages; sudo only when not root)
	@tools/deps
need-deps:
	@tools/deps --check || tools/deps
need-java:
	@tools/deps --check --kafka || tools/deps --kafka

demo: need-deps $(if $(filter kafka,$(BROKER)),need-java) ## 2,000 players with real ratings find their matches; RULES=FILE: by that rule set, with parties
	@$(MAKE) --no-print-directory -j$(shell nproc) all
	@tools/stack demo
run: need-deps $(if $(filter kafka,$(BROKER)),need-java)  ## start everything, print the addresses, stop on Ctrl-C; RULES=FILE: with that rule set
	@$(MAKE) --no-print-directory -j$(shell nproc) all
	@tools/stack run
kafka-up: need-java ## Apache Kafka on this machine, state under .state/kafka
	@$(MAKE) --no-print-directory -j$(shell nproc) all
	@deploy/kafka/kafka up
kafka-down:      ## stop it and delete its data (KEEP_DATA=1 keeps it)
	@deploy/kafka/kafka down

test: need-deps need-java ## unit tests, the engine against the oracle, then real daemons on real Kafka and Redis
	@$(MAKE) --no-print-directory -j$(shell nproc) all
	@$(MAKE) --no-print-directory -j$(shell nproc) test-unit
	@$(MAKE) --no-print-directory test-oracle
	@$(MAKE) --no-print-directory test-integration
test-unit: $(UNIT) ## unit tests (also: make SAN=address,undefined test-unit)
	@for t in $(sort $(UNIT)); do CK_DEFAULT_TIMEOUT=60 ./$$t || exit 1; done
test-oracle: $(ORACLE) ## random rule sets and pools, held against a second reading of the rule language (ORACLE_CASES=1500)
	@GSM_BUILD=$(B) /usr/bin/python3 -m pytest -q -p no:cacheprovider tests/oracle
	@GSM_BUILD=$(B) /usr/bin/python3 tests/oracle/properties.py --cases $(or $(ORACLE_CASES),1500)
test-integration: all $(HOOKED)
	@/usr/bin/python3 -m pytest -q -p no:cacheprovider tests/integration $(PYTEST_ARGS)
test-cluster: need-deps need-java all $(HOOKED) ## the integration tests with a Redis Cluster of six instead of one Redis (PYTEST_ARGS=...)
	@GSM_REDIS=cluster /usr/bin/python3 -m pytest -q -p no:cacheprovider tests/integration $(PYTEST_ARGS)
bench: need-deps need-java ## end-to-end and engine benchmarks; the tables are kept in docs/performance.md
	@$(MAKE) --no-print-directory -j$(shell nproc) all $(BENCH)
	@tests/bench/run
bench-engine: need-deps ## the engine alone: speed and memory at every size, matches of many, instructions a ticket
	@$(MAKE) --no-print-directory -j$(shell nproc) $(B)/bench/bench_engine $(B)/bench/bench_matches
	@BUILD=$(B) tests/bench/engine
bench-queue: need-deps need-java ## a queue: cycles a second, latency, what a backlog of a million costs Redis
	@$(MAKE) --no-print-directory -j$(shell nproc) all $(B)/bench/bench_queue
	@BUILD=$(B) tests/bench/queue

chaos: need-deps need-java ## players, daemons, a broker and Redis under a seeded schedule of faults, judged ticket by ticket: SEEDS="1 2" TICKETS=100000 FAULTS=200 PLAYERS=1000 REDIS=cluster
	@$(MAKE) --no-print-directory -j$(shell nproc) all $(HOOKED)
	@GSM_BUILD=$(B) /usr/bin/python3 -m pytest -q -p no:cacheprovider tests/chaos/test_schedule.py tests/chaos/test_proxy.py tests/chaos/test_shard.py tests/chaos/test_judge.py
	@for seed in $(or $(SEEDS),1); do GSM_BUILD=$(B) tests/chaos/run.py --seed $$seed --tickets $(or $(TICKETS),1500) \
	  --faults $(or $(FAULTS),12) --players $(or $(PLAYERS),150) --redis $(or $(REDIS),server) --out chaos-$$seed || exit 1; done
chaos-queue: need-deps need-java ## a queue under faults, judged message by message: SEEDS=1 MESSAGES=5000 FAULTS=8
	@$(MAKE) --no-print-directory -j$(shell nproc) all $(WORKER)
	@GSM_BUILD=$(B) /usr/bin/python3 -m pytest -q -p no:cacheprovider tests/chaos/test_queue_judge.py
	@GSM_BUILD=$(B) /usr/bin/python3 tests/chaos/queue_run.py --seeds $(or $(SEEDS),1) --messages $(or $(MESSAGES),5000) \
	  --faults $(or $(FAULTS),8)

fuzz: need-deps need-lint ## fuzz targets with clang, ASan and UBSan: FUZZ_SECONDS=30 each
	@$(MAKE) --no-print-directory -j$(shell nproc) CC=clang SAN=fuzzer-no-link,address,undefined fuzz-targets
	@tests/fuzz/run build-fuzzer-no-link-address-undefined
fuzz-targets: $(FUZZ)

need-model:
	@tools/deps --check --model || tools/deps --model
model: need-model ## the protocol's model: all holds, and without any one rule it does not (docs/model)
	@docs/model/check

need-lint:
	@tools/deps --check --lint || { echo "make: the tools are missing: tools/deps --lint installs them" >&2; exit 1; }
format: need-lint ## clang-format, in place
	clang-format -i $(SRC)
lint: need-lint  ## clang-format (check), clang-tidy, cppcheck
	clang-format --dry-run -Werror $(SRC)
	cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,performance,portability --inline-suppr \
	  --suppress=missingIncludeSystem $(INC) libs services tools
	@printf '%s\n' $(filter %.c,$(SRC)) | xargs -P$(shell nproc) -n 1 sh -c \
	  'clang-tidy --quiet "$$@" -- $(filter-out -Werror,$(ALL_C)) $(addprefix -Iservices/,$(SERVICES)) -Itools/gsmctl 2>/dev/null' _
clean:           ## remove what was built
	rm -rf build build-*
help:
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 20

.PHONY: all deps need-deps need-java need-lint demo run kafka-up kafka-down test test-unit test-oracle test-integration test-cluster bench bench-engine bench-queue chaos chaos-queue fuzz fuzz-targets need-model model format lint clean help
.SECONDARY:
.DELETE_ON_ERROR:
-include $(shell find $(B) -name '*.d' 2>/dev/null)
