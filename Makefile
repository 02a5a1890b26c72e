# sessiond: `make run` starts a server, `make test` proves it, `make help` lists the rest.
VARIANT ?= release
BUILD   ?= build
OUT     := $(BUILD)/$(VARIANT)
CC      ?= gcc
ifeq ($(origin CC),default)
CC := gcc
endif
PYTHON  ?= python3
PORT    ?= 6379
# `make run` and `make test` use all cores unless told otherwise by -j.
JOBS     = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))
# System tests mostly wait for each other's processes: more at a time than there are cores.
SYSTEM      ?= tests/system
SYSTEM_JOBS ?= 4

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wformat=2 -Wvla -Wstrict-prototypes \
            -Wmissing-prototypes -Wnull-dereference -Wcast-align -Wimplicit-fallthrough -Werror
# Jumps and returns go only where the code says so; each processor has its own name for that.
MACHINE   := $(shell $(CC) -dumpmachine 2>/dev/null)
PROTECT   := $(if $(filter x86_64-% i686-%,$(MACHINE)),-fcf-protection=full,$(if $(filter aarch64-%,$(MACHINE)),-mbranch-protection=standard))
HARDEN   := -fstack-protector-strong -fstack-clash-protection $(PROTECT) -fno-common -fPIE
COMMON   := -std=c11 -D_GNU_SOURCE -Iinclude $(WARNINGS) -g -MMD -MP
LDHARDEN := -pie -Wl,-z,relro,-z,now,-z,noexecstack
LIBS     := -levent_core -levent_extra -levent_openssl -ljemalloc -lssl -lcrypto -llzf -lisal -lxxhash -llua5.1 -llua5.1-bitop -lm -lpthread

# Level 3 also checks sizes known only while running; compilers before gcc 12 have 2.
FORTIFY := $(shell [ "$$($(CC) -dumpversion 2>&1 | cut -d. -f1)" -ge 12 ] 2>/dev/null && echo 3 || echo 2)

CFLAGS_release := -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$(FORTIFY) $(HARDEN)
# The program that is installed is compiled across files, and laid out by what a training run counted. What was changed
# since then is compiled as ever.
CFLAGS_trained   := $(CFLAGS_release) -fprofile-generate -fprofile-update=single
CFLAGS_optimized := $(CFLAGS_release) -flto=auto -fprofile-partial-training -Wno-coverage-mismatch -Wno-missing-profile
PROFILE_optimized = -fprofile-use=$(BUILD)/trained/$(@:$(OUT)/%.o=%.gcda)
CFLAGS_clang   := $(CFLAGS_release)
CFLAGS_debug   := -O0 -DTABLE_CHECKS $(HARDEN)
CFLAGS_asan    := -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all -DTABLE_CHECKS
# The simulated world, with sanitizers.
CFLAGS_sim     := $(CFLAGS_asan)
# The same, to see which branches it takes.
CFLAGS_covered := -O0 --coverage
CFLAGS_tsan    := -O1 -fno-omit-frame-pointer -fsanitize=thread
CFLAGS_fuzz    := -O1 -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
LDFLAGS_release := $(LDHARDEN)
LDFLAGS_trained   := $(LDHARDEN) -fprofile-generate
LDFLAGS_optimized := $(LDHARDEN) $(CFLAGS_release) -flto=auto
LDFLAGS_clang   := $(LDHARDEN)
LDFLAGS_debug   := $(LDHARDEN)
LDFLAGS_asan    := -fsanitize=address,undefined
LDFLAGS_sim     := $(LDFLAGS_asan)
LDFLAGS_covered := --coverage
LDFLAGS_tsan    := -fsanitize=thread
LDFLAGS_fuzz    := -fsanitize=address,undefined
# The sanitizers bring their own allocator.
LIBS_asan := $(filter-out -ljemalloc,$(LIBS))
LIBS_tsan := $(LIBS_asan)
# The event library's calls of the system, too, lead into the world.
LIBS_sim     := -Wl,-Bstatic -levent_openssl -levent_extra -levent_core -Wl,-Bdynamic $(filter-out -levent%,$(LIBS_asan))
# What is counted by mem_size() is the same for a copy: with jemalloc, or with the sanitizers' allocator.
LIBS_covered := $(LIBS_sim) -ljemalloc
LIBS_fuzz := $(LIBS_asan)
# libsystemd is optional: with it, `supervised systemd` tells the service manager what goes on.
SYSTEMD_VERSION := $(shell pkg-config --modversion libsystemd 2>/dev/null)
ifneq ($(SYSTEMD_VERSION),)
SYSTEMD_CFLAGS := -DHAVE_LIBSYSTEMD $(shell pkg-config --cflags libsystemd)
SYSTEMD_LIBS   := $(shell pkg-config --libs libsystemd)
endif
LIBRARIES = $(or $(LIBS_$(VARIANT)),$(LIBS)) $(SYSTEMD_LIBS)
ifneq ($(filter clang fuzz,$(VARIANT)),)
CC := clang
endif

CFLAGS  += $(COMMON) $(CFLAGS_$(VARIANT))
LDFLAGS += $(LDFLAGS_$(VARIANT))

# A comma that isn't one between arguments.
, := ,
SOURCES := $(wildcard src/*/*.c)
OBJECTS := $(SOURCES:%.c=$(OUT)/%.o) $(OUT)/made/assets.o
# Everything but main: what unit tests, command tests and fuzz targets link against.
LIBRARY := $(filter-out $(OUT)/src/app/main.o,$(OBJECTS))
SUPPORT := $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/support/*.c))
TESTS   := $(patsubst %.c,$(OUT)/%,$(wildcard tests/unit/*/test_*.c tests/commands/test_*.c))
SUPPORT_LIBRARY := $(OUT)/tests/libsupport.a
FUZZERS := $(patsubst %.c,$(OUT)/%,$(wildcard tests/fuzz/fuzz_*.c))
BENCHES := $(patsubst %.c,$(OUT)/%,$(wildcard tests/bench/bench_*.c))

.PHONY: all help run test unit system asan tsan clang lint analyze layers format format-check check fuzz fuzz-build bench bench-guard bench-micro docs docs-check deps clean
.SECONDARY:

all: $(OUT)/sessiond ## build build/release/sessiond (VARIANT=debug|asan|tsan for others; OPTIMIZE=no: sooner, slower)

.PHONY: FORCE
FORCE:

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# What make was told and what it found on this machine is as much an input as the sources are. Each of these files holds one
# such text and changes only when that does, and what depends on it is made anew then.
CC_VERSION := $(shell $(CC) --version 2>/dev/null | head -1)
MADE_WITH_compiler := $(CC) $(CC_VERSION) $(CFLAGS)
MADE_WITH_linker   := $(CC) $(CC_VERSION) $(LDFLAGS) $(LIBRARIES)
MADE_WITH_systemd  := $(SYSTEMD_VERSION) $(SYSTEMD_CFLAGS)
MADE_WITH_charts    = $(shell cksum $(CHART_JS) $(CHART_LICENCE))
MADE_WITH_commit   := $(shell git rev-parse --short=8 HEAD 2>/dev/null || echo 00000000)
QUOTED_TEXT         = '$(subst ','\'',$(MADE_WITH_$*))'
$(OUT)/made-with/%: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' $(QUOTED_TEXT) | cmp -s - $@ || printf '%s\n' $(QUOTED_TEXT) >$@

# Looked for once, before the compiler says it in its own way.
HEADERS := event2/event.h event2/bufferevent_ssl.h openssl/ssl.h liblzf/lzf.h isa-l/crc64.h xxhash.h lua5.1/lua.h lua5.1/lua-bitop.h
$(OUT)/libraries: $(OUT)/made-with/compiler $(OUT)/made-with/linker
	@scripts/check-libraries "$(CC)" $(HEADERS) -- $(LDFLAGS) $(LIBRARIES)
	@touch $@

# Only gcc reads its profiles; OPTIMIZE=no builds in half of the time.
OPTIMIZE ?= $(if $(findstring Free Software,$(shell $(CC) --version 2>/dev/null)),yes,no)
ifeq ($(VARIANT)-$(OPTIMIZE),release-yes)
$(OUT)/sessiond: FORCE | $(OUT)/libraries
	@$(MAKE) --no-print-directory VARIANT=optimized $(BUILD)/optimized/sessiond
	@cmp -s $(BUILD)/optimized/sessiond $@ || { cp $(BUILD)/optimized/sessiond $@.new && mv $@.new $@; }
else
$(OUT)/sessiond: $(OBJECTS) $(OUT)/made-with/linker
	@echo "  LD    $@"
	@$(CC) $(LDFLAGS) -o $@ $(OBJECTS) $(LIBRARIES)
endif

ifeq ($(VARIANT),optimized)
$(OBJECTS): $(BUILD)/trained/profile
endif

# Made once for a compiler and a training run: not by each change of a source.
$(BUILD)/trained/profile: scripts/train $(OUT)/made-with/compiler
	@$(MAKE) --no-print-directory VARIANT=trained $(BUILD)/trained/sessiond
	@find $(BUILD)/trained -name '*.gcda' -delete
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is needed for the training run: install it, or build with OPTIMIZE=no" >&2; exit 1; }
	@echo "  TRAIN $(BUILD)/trained/sessiond"
	@$(PYTHON) scripts/train $(BUILD)/trained/sessiond
	@touch $@

$(OUT)/libsessiond.a: $(LIBRARY)
	@rm -f $@
	@ar rcs $@ $^

# An archive: a test links only the support it uses.
$(SUPPORT_LIBRARY): $(SUPPORT)
	@rm -f $@
	@ar rcs $@ $^

$(OUT)/src/%.o: src/%.c $(OUT)/made-with/compiler | $(OUT)/libraries
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(CFLAGS) $(PROFILE_$(VARIANT)) -Isrc/$(*D) -c -o $@ $<

# The commit that --version shows.
$(OUT)/src/app/version.o: $(OUT)/made-with/commit
$(OUT)/src/app/version.o: CFLAGS += -DSESSIOND_COMMIT='"$(MADE_WITH_commit)"'

# The live page: our files, and the library that draws its charts with its licence, from the system's package. Systems that
# have no such package get a page without charts.
PAGE          := src/http/page
CHART_JS      := $(or $(wildcard /usr/share/javascript/chart.js/chart.min.js),$(PAGE)/without-charts.js)
CHART_LICENCE := $(or $(wildcard /usr/share/doc/libjs-chart.js/copyright),$(PAGE)/without-charts.js)
$(OUT)/made/assets.c: scripts/embed $(wildcard $(PAGE)/*) $(OUT)/made-with/charts
	@mkdir -p $(@D)
	@scripts/embed / 'text/html; charset=utf-8' $(PAGE)/index.html /page.css 'text/css; charset=utf-8' $(PAGE)/page.css \
	    /page.js 'text/javascript; charset=utf-8' $(PAGE)/page.js /icon.svg image/svg+xml $(PAGE)/icon.svg \
	    /chart.js 'text/javascript; charset=utf-8' $(CHART_JS) \
	    /licences 'text/plain; charset=utf-8' $(CHART_LICENCE) >$@.new
	@mv $@.new $@
$(OUT)/made/assets.o: $(OUT)/made/assets.c $(OUT)/made-with/compiler | $(OUT)/libraries
	@echo "  CC    $<"
	@$(CC) $(CFLAGS) -Isrc/http -c -o $@ $<

$(OUT)/src/app/service_manager.o: $(OUT)/made-with/systemd
$(OUT)/src/app/service_manager.o: CFLAGS += $(SYSTEMD_CFLAGS)

# Its functions are written in assembler, which nothing refers to from within the file.
$(OUT)/src/base/stack_switch.o: CFLAGS += -fno-lto

# The fuzzer need not watch how similar words are found: that was more than half of its time.
$(BUILD)/fuzz/src/config/nearest.o: CFLAGS += -fno-sanitize=fuzzer-no-link

$(OUT)/tests/%.o: tests/%.c $(OUT)/made-with/compiler | $(OUT)/libraries
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(CFLAGS) -Itests -Isrc -c -o $@ $<

$(OUT)/tests/unit/%: $(OUT)/tests/unit/%.o $(SUPPORT_LIBRARY) $(OUT)/libsessiond.a $(OUT)/made-with/linker
	@echo "  LD    $@"
	@$(CC) $(LDFLAGS) -o $@ $< $(SUPPORT_LIBRARY) $(OUT)/libsessiond.a -lcmocka $(LIBRARIES)

$(OUT)/tests/commands/%: $(OUT)/tests/commands/%.o $(SUPPORT_LIBRARY) $(OUT)/libsessiond.a $(OUT)/made-with/linker
	@echo "  LD    $@"
	@$(CC) $(LDFLAGS) -o $@ $< $(SUPPORT_LIBRARY) $(OUT)/libsessiond.a -lcmocka $(LIBRARIES)

# Memory that is refused.
$(OUT)/tests/commands/test_memory_refused: private LDFLAGS += $(addprefix -Wl$(,)--wrap=,mem_has_room mem_try_alloc mem_try_realloc)
$(OUT)/tests/unit/http/test_entrance: private LDFLAGS += $(addprefix -Wl$(,)--wrap=,mem_try_alloc close)

# What is compared, and what is left when it is freed.
$(OUT)/tests/unit/access/test_texts: private LDFLAGS += $(addprefix -Wl$(,)--wrap=,bytes_equal_nocase mem_free)

# What is copied.
$(OUT)/tests/unit/config/test_config_file: private LDFLAGS += -Wl,--wrap=mem_strdup

# The simulated world: the server's objects, but for those that the processor or threads stand behind, with calls of
# the system and of a few functions of the server led to the world's.
SIM_REPLACED := src/base/ticks src/base/worker
SIM_SYSTEM   := clock_gettime time nanosleep getpid RAND_bytes open close read write pread fsync fchmod fchown flock \
                sync_file_range posix_fadvise fstat stat access rename unlink mkostemp opendir readdir closedir fopen fcntl \
                eventfd timerfd_create timerfd_settime socket bind listen setsockopt accept4 recv send sendmsg shutdown \
                getpeername getsockname epoll_create1 epoll_ctl epoll_wait readv writev ioctl gettimeofday getrusage
SIM_HOOKS    := client_new client_close_unpushed client_reap conn_close dispatch call_run monitors_show monitors_show_first \
                push_limit_keep late_call_answer blocking_serve events_removed events_parts_removed rdb_save_new \
                file_replace connection_answering answer prometheus_print_part run_pause_point swapcontext mem_try_alloc mem_try_zalloc \
                mem_try_realloc mem_has_room blob_new blob_of
SIM_WRAPS    := $(addprefix -Wl$(,)--wrap=,$(SIM_SYSTEM) $(SIM_HOOKS))
SIM_WORLD    := $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/sim/*.c))
SIM_LIBRARY  := $(filter-out $(SIM_REPLACED:%=$(OUT)/%.o),$(LIBRARY))
$(OUT)/sessiond-sim: $(SIM_WORLD) $(SIM_LIBRARY) $(OUT)/made-with/linker
	@echo "  LD    $@"
	@$(CC) $(LDFLAGS) $(SIM_WRAPS) -o $@ $(SIM_WORLD) $(SIM_LIBRARY) $(LIBRARIES)

# The load generator stands outside: it links nothing of the server.
$(OUT)/tests/bench/load: $(OUT)/tests/bench/load.o $(OUT)/made-with/linker
	@echo "  LD    $@"
	@$(CC) $(LDFLAGS) -o $@ $<

$(OUT)/tests/bench/%: $(OUT)/tests/bench/%.o $(SUPPORT_LIBRARY) $(OUT)/libsessiond.a $(OUT)/made-with/linker
	@echo "  LD    $@"
	@$(CC) $(LDFLAGS) -o $@ $< $(SUPPORT_LIBRARY) $(OUT)/libsessiond.a $(LIBRARIES)

$(OUT)/tests/fuzz/%: $(OUT)/tests/fuzz/%.o $(SUPPORT_LIBRARY) $(OUT)/libsessiond.a $(OUT)/made-with/linker
	@echo "  LD    $@"
	@$(CC) $(LDFLAGS) -fsanitize=fuzzer -o $@ $< $(SUPPORT_LIBRARY) $(OUT)/libsessiond.a $(LIBRARIES)

$(OUT)/scripts/%: scripts/%.c $(OUT)/libsessiond.a $(OUT)/made-with/compiler $(OUT)/made-with/linker
	@mkdir -p $(@D)
	@echo "  LD    $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(OUT)/libsessiond.a $(LIBRARIES)

docs: $(OUT)/scripts/config_docs ## conf/sessiond.conf and the tables of README.md, from the declarations
	@scripts/docs $<

docs-check: $(OUT)/scripts/config_docs
	@scripts/docs --check $<

# ---- installing ----

.PHONY: install install-redis-compat uninstall deb

PREFIX     ?= /usr/local
SYSCONFDIR ?= $(if $(filter /usr,$(PREFIX)),/etc,$(PREFIX)/etc)
UNITDIR    ?= $(PREFIX)/lib/systemd/system
INSTALL     = scripts/install-tree --prefix "$(PREFIX)" --sysconfdir "$(SYSCONFDIR)" --unitdir "$(UNITDIR)" --destdir "$(DESTDIR)"

install: all ## install server, units, manual, scripts (PREFIX=/usr/local, DESTDIR=, SYSCONFDIR=, UNITDIR=)
	@$(INSTALL) install $(OUT)/sessiond

install-redis-compat: ## besides, the names of Redis: redis-server, its services, /etc/redis/redis.conf
	@$(INSTALL) install-redis-compat

uninstall: ## remove what both installed; configuration and data stay
	@$(INSTALL) uninstall

deb: ## Debian packages in build/packages: sessiond, sessiond-redis-compat
	@scripts/build-deb

run: ## build, and start a server on 127.0.0.1:6379 (or PORT=...)
	@scripts/build-deps
	@$(MAKE) $(JOBS) --no-print-directory all
	@exec scripts/run $(OUT)/sessiond $(PORT)

deps: ## install what building needs
	@scripts/build-deps

test: ## install what the tests need, build, and run all of them
	@scripts/build-deps
	@scripts/test-deps
	@$(MAKE) $(JOBS) --no-print-directory all
	@$(MAKE) $(JOBS) --no-print-directory layers cycles hardened weaknesses docs-check unit
	@$(MAKE) --no-print-directory sim system

system: all ## system tests of the binary (SYSTEM=tests/system/test_x.py for some, PYTEST_OPTIONS)
	@scripts/test-deps
	SESSIOND=$(OUT)/sessiond tests/.venv/main/bin/pytest -n $(SYSTEM_JOBS) --dist loadgroup $(PYTEST_OPTIONS) $(SYSTEM)

asan: export ASAN_OPTIONS = detect_leaks=1:allocator_may_return_null=1
asan: export UBSAN_OPTIONS = print_stacktrace=1
asan: export DEADLINE_FACTOR = 4
asan: export CHAOS_SECONDS ?= 300
asan: ## all tests with gcc's address, leak and undefined behaviour sanitizers
	@scripts/build-deps
	@scripts/test-deps
	@$(MAKE) $(JOBS) --no-print-directory VARIANT=asan all unit
	@$(MAKE) --no-print-directory VARIANT=asan PYTEST_OPTIONS="--timeout=240 $(PYTEST_OPTIONS)" system

SEEDS ?= 1000
sim: export ASAN_OPTIONS = detect_leaks=1
sim: ## the server in a simulated world, with all its faults (SEEDS=1000, SIM_OPTIONS="--from 1 --events 300")
	@scripts/build-deps
	@$(MAKE) $(JOBS) --no-print-directory VARIANT=sim simulated

.PHONY: sim simulated
simulated: $(OUT)/sessiond-sim
	@scripts/check-simulated $(SIM_SYSTEM) -- $(SIM_LIBRARY)
	@$(OUT)/sessiond-sim --seeds $(SEEDS) --jobs $(shell nproc) $(SIM_OPTIONS)

sim-coverage: ## which branches of src the simulated world takes (SEEDS=300)
	@scripts/build-deps
	@$(MAKE) $(JOBS) --no-print-directory VARIANT=covered $(BUILD)/covered/sessiond-sim
	@find $(BUILD)/covered -name '*.gcda' -delete
	@$(BUILD)/covered/sessiond-sim --seeds $(SEEDS) --jobs $(shell nproc) $(SIM_OPTIONS)
	@scripts/branch-coverage $(BUILD)/covered

# Tests whose helper threads share memory with the main one.
THREADED := tests/unit/types/test_tree tests/unit/base/test_blob tests/unit/base/test_worker
tsan: ## tests of what threads share, with gcc's thread sanitizer
	@scripts/build-deps
	@scripts/test-deps
	@$(MAKE) $(JOBS) --no-print-directory VARIANT=tsan threaded

# Random walks of single threads are the other sanitizers' matter: short ones here.
.PHONY: threaded
threaded: $(THREADED:%=$(OUT)/%)
	@TREE_STEPS=1000 tests/run-unit $^

clang: ## build with clang, and run the unit tests of that
	@scripts/build-deps
	@scripts/lint-deps
	@$(MAKE) $(JOBS) --no-print-directory VARIANT=clang all unit

unit: $(TESTS) ## unit tests and command tests
	@tests/run-unit $(TESTS)

fuzz-build: ## build the fuzzers (clang, libFuzzer)
	@scripts/build-deps
	@scripts/fuzz-deps
	@$(MAKE) $(JOBS) --no-print-directory VARIANT=fuzz fuzzers

.PHONY: fuzzers
fuzzers: $(FUZZERS)

FUZZ_SECONDS ?= 20
fuzz: fuzz-build ## run each fuzzer for FUZZ_SECONDS
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tests/run-fuzz $(patsubst %.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))

bench: all $(OUT)/tests/bench/load ## compare with redis-server (BENCH="scenarios, options"; REDIS_SERVER=..., BENCH_DIR=...)
	@SESSIOND=$(OUT)/sessiond BENCH_LOAD=$(abspath $(OUT)/tests/bench/load) tests/bench/run $(BENCH)

bench-guard: all ## count the instructions of ten operations (valgrind), compare with tests/bench/guard.txt (GUARD="--record": write it anew)
	@scripts/install-packages valgrind openssl python3
	@SESSIOND=$(OUT)/sessiond python3 tests/bench/guard.py $(GUARD)

bench-micro: $(BENCHES) ## time the hot few functions
	@for program in $(BENCHES); do echo "$$program"; $$program || exit 1; done

layers: ## includes keep to scripts/layers
	@scripts/check-layers

.PHONY: cycles
cycles: $(OBJECTS) ## no large circle of objects that depend on each other
	@scripts/check-cycles $(OBJECTS)

.PHONY: hardened
hardened: $(OUT)/sessiond ## the program has what the compiler can do against attacks
	@scripts/check-hardened $< $(OBJECTS)

.PHONY: weaknesses
weaknesses: ## what src/SECURITY.md says is tested is
	@scripts/check-weaknesses

# A source is looked at again when its object was built anew, so when a header of it changed, too.
TIDIED  := $(SOURCES:%.c=$(BUILD)/tidy/%.ok)
CLANGED := $(patsubst %.c,$(BUILD)/clang-warnings/%.ok,$(SOURCES) $(wildcard tests/*/*.c tests/*/*/*.c))
LINT_FLAGS = $(filter-out -MMD -MP -g,$(COMMON)) -Isrc -Itests -DSESSIOND_COMMIT='""'

lint: ## layers, banned functions, shell scripts, clang's warnings, clang-tidy
	@scripts/build-deps
	@scripts/lint-deps
	@$(MAKE) $(JOBS) --no-print-directory all linted

.PHONY: linted lint-light
linted: format-check lint-light cycles $(CLANGED) $(TIDIED)

lint-light: layers
	@scripts/lint-text

$(BUILD)/clang-warnings/%.ok: %.c $(OUT)/%.o
	@mkdir -p $(@D)
	@echo "  CLANG $<"
	@clang -fsyntax-only $(LINT_FLAGS) $<
	@touch $@

$(BUILD)/tidy/%.ok: %.c $(OUT)/%.o .clang-tidy
	@mkdir -p $(@D)
	@echo "  TIDY  $<"
	@clang-tidy --quiet $< -- $(LINT_FLAGS) >$@.log 2>&1 || { cat $@.log; exit 1; }
	@touch $@

ANALYZED := $(SOURCES:%.c=$(BUILD)/analyze/%.ok)
analyze: ## clang's analyzer: follows the ways through each function; takes minutes
	@scripts/build-deps
	@scripts/lint-deps
	@$(MAKE) $(JOBS) --no-print-directory analyzed

.PHONY: analyzed
analyzed: $(ANALYZED)

$(BUILD)/analyze/%.ok: %.c $(OUT)/%.o
	@mkdir -p $(@D)
	@echo "  ANALYZE $<"
	@clang-tidy --checks='-*,clang-analyzer-*,-clang-analyzer-security.insecureAPI.*' --quiet $< -- $(LINT_FLAGS) \
	    >$@.log 2>&1 || { cat $@.log; exit 1; }
	@touch $@

check: ## what every commit passes: quick (HOT=yes: bench-guard too, for a change on the hot path)
	@scripts/build-deps
	@scripts/lint-deps
	@$(MAKE) $(JOBS) --no-print-directory format-check lint-light cycles hardened weaknesses docs-check unit $(if $(HOT),bench-guard)

format: ## format all C sources
	clang-format -i $$(git ls-files '*.c' '*.h')

format-check:
	@clang-format --dry-run --Werror $$(git ls-files '*.c' '*.h')

clean: ## remove what was built
	rm -rf $(BUILD)

-include $(OUT)/scripts/config_docs.d $(OBJECTS:.o=.d) $(SUPPORT:.o=.d) $(TESTS:=.d) $(FUZZERS:=.d) $(BENCHES:=.d) $(SIM_WORLD:.o=.d)
