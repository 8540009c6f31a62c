# Seinhuis.  `make help` lists what it can do.
#
#   SAN=1     AddressSanitizer and UBSan, in build-san/ (test clock, fail points)
#   TEST=1    test clock and fail points, in build-test/
#   FUZZ=1    clang, libFuzzer, ASan and UBSan, in build-fuzz/ (see `fuzz`)
#   WERROR=1  warnings are errors (continuous checks)
#   B=dir     another build folder

.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:
.DEFAULT_GOAL := all

ifdef FUZZ
CC := clang-14
else ifeq ($(origin CC),default)
CC := gcc
endif
PKG_CONFIG ?= pkg-config

ifdef FUZZ
B ?= build-fuzz
else ifdef SAN
B ?= build-san
else ifdef TEST
B ?= build-test
else
B ?= build
endif

VERSION := 0.1.0
SONAME := libsein.so.0
PREFIX ?= /usr/local

# ---- what is linked: Debian names first, then those of later releases -------
MSGPACK := $(shell $(PKG_CONFIG) --exists msgpack 2>/dev/null && echo msgpack || echo msgpack-c)
PACKAGES := libzmq libsodium $(MSGPACK) sqlite3 jansson libutf8proc inih
# Libraries count as system headers: their warnings are not ours.
LIB_CFLAGS := $(patsubst -I%,-isystem %,$(shell $(PKG_CONFIG) --cflags $(PACKAGES) 2>/dev/null))
lib = $(shell $(PKG_CONFIG) --libs $(1) 2>/dev/null)

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion \
  -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wundef -Wvla \
  -Wformat=2 -Wcast-qual -Wcast-align -Wpointer-arith -Wwrite-strings \
  -Wswitch-enum -Wimplicit-fallthrough -Wnull-dereference
ifneq ($(findstring gcc,$(notdir $(CC))),)
WARNINGS += -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wjump-misses-init
endif
ifdef WERROR
WARNINGS += -Werror
endif

HARDEN := -fPIC -fstack-protector-strong -fstack-clash-protection -fvisibility=hidden
OPTIMISE := -O2 -D_FORTIFY_SOURCE=2
ifdef SAN
OPTIMISE := -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
LINK_SAN := -fsanitize=address,undefined
endif
ifdef FUZZ
OPTIMISE := -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
endif
ifneq ($(SAN)$(TEST),)
DEFINES := -DSEIN_TEST_BUILD
endif

CFLAGS ?= -g
ALL_CFLAGS = -std=c17 -D_POSIX_C_SOURCE=200809L -DSEIN_VERSION='"$(VERSION)"' $(DEFINES) \
  -I. $(LIB_CFLAGS) $(WARNINGS) $(HARDEN) $(OPTIMISE) $(CFLAGS) -MMD -MP
LDFLAGS ?=
ALL_LDFLAGS = -Wl,-z,relro,-z,now $(LINK_SAN) $(LDFLAGS)

# ---- shelves: a list of wildcards each, an archive each ----------------------
BASE := $(wildcard proto/base/*.c)
WIRE := $(wildcard proto/wire/*.c)
TRUST := $(wildcard proto/trust/*.c)
BLIND := $(wildcard proto/blind/*.c proto/blind/content/*.c)
BROKER := $(filter-out broker/main.c,$(wildcard broker/*.c broker/kernel/*.c broker/store/*.c))
CLIENT := $(wildcard client/lib/*.c)
GOVERN := $(wildcard client/govern/*.c)
CLI := $(filter-out client/cli/main.c,$(wildcard client/cli/*.c))
KEYHOLDER := $(filter-out client/keyholder/main.c,$(wildcard client/keyholder/*.c))
# Of libsein the connection alone: who evaluates opens no letter.
CONNECTION := $(addprefix client/lib/,link.c keystore.c files.c lock.c clock.c)
SUPPORT := $(wildcard tests/support/*.c)
UNIT := $(wildcard tests/unit/*/test_*.c tests/unit/*/*/test_*.c tests/unit/*/*/*/test_*.c)
TOOLS := $(wildcard tests/interop/*.c)
FUZZERS := $(wildcard tests/fuzz/fuzz_*.c)
BENCH := $(wildcard tests/bench/bench_*.c)
MAINS := $(wildcard broker/main.c client/cli/main.c client/keyholder/main.c)

obj = $(patsubst %.c,$(B)/obj/%.o,$(1))
ALL_SOURCES := $(BASE) $(WIRE) $(TRUST) $(BLIND) $(BROKER) $(CLIENT) $(GOVERN) $(CLI) $(KEYHOLDER) $(MAINS) $(SUPPORT) $(UNIT) $(TOOLS) $(BENCH) $(wildcard tests/fuzz/*.c)
ARCHIVES := $(foreach a,base wire trust blind broker client connection govern cli keyholder support,$(B)/lib/$(a).a)

# Right knows left: the order in which the linker needs them.
PROTO_AR := $(B)/lib/blind.a $(B)/lib/trust.a $(B)/lib/wire.a $(B)/lib/base.a
BROKER_AR := $(B)/lib/trust.a $(B)/lib/wire.a $(B)/lib/base.a
PROTO_LIBS = $(call lib,libsodium $(MSGPACK) libutf8proc)
BROKER_LIBS = $(call lib,libzmq libsodium $(MSGPACK) sqlite3 inih libutf8proc) -lpthread
CLIENT_LIBS = $(call lib,libzmq libsodium $(MSGPACK) sqlite3 jansson inih libutf8proc) -lpthread -lm

# A program is made once everything that it stands on is there.
PROGRAMS := $(if $(wildcard broker/main.c),$(B)/bin/seinhuisd) $(if $(and $(wildcard client/cli/cmd_directory.c),$(wildcard client/lib/home.c)),$(B)/bin/sein) $(if $(wildcard client/keyholder/main.c),$(B)/bin/sein-keyholder)
MAN_SOURCES := $(wildcard broker/*.scd client/cli/*.scd client/keyholder/*.scd)
MAN_PAGES := $(patsubst %.scd,$(B)/man/%,$(notdir $(MAN_SOURCES)))
LIBRARIES := $(if $(CLIENT),$(B)/lib/libsein.a $(B)/lib/$(SONAME) $(B)/lib/pkgconfig/libsein.pc)
UNIT_BINS := $(patsubst %.c,$(B)/%,$(UNIT))
TOOL_BINS := $(patsubst %.c,$(B)/%,$(TOOLS))
FUZZ_BINS := $(patsubst %.c,$(B)/%,$(FUZZERS)) $(B)/tests/fuzz/seed
BENCH_BINS := $(patsubst %.c,$(B)/%,$(BENCH))

.PHONY: all unit tools fuzzers test check demo bench layers lint fuzz install clean help deps

all: $(ARCHIVES) $(PROGRAMS) $(LIBRARIES) $(MAN_PAGES) $(B)/completion/sein ## build the programs (build/bin) and libraries

$(B)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c $< -o $@

define archive
$(B)/lib/$(1).a: $(call obj,$(2))
	@mkdir -p $$(@D)
	@rm -f $$@
	ar rcs $$@ $$^
endef
$(eval $(call archive,base,$(BASE)))
$(eval $(call archive,wire,$(WIRE)))
$(eval $(call archive,trust,$(TRUST)))
$(eval $(call archive,blind,$(BLIND)))
$(eval $(call archive,broker,$(BROKER)))
$(eval $(call archive,client,$(CLIENT)))
$(eval $(call archive,connection,$(CONNECTION)))
$(eval $(call archive,govern,$(GOVERN)))
$(eval $(call archive,cli,$(CLI)))
$(eval $(call archive,keyholder,$(KEYHOLDER)))
$(eval $(call archive,support,$(SUPPORT)))

# A build for tests can put a disk that forgets under the broker's store.
$(B)/bin/seinhuisd: $(call obj,broker/main.c $(if $(DEFINES),tests/support/vfs_lossy.c)) $(B)/lib/broker.a $(BROKER_AR)
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -pie -o $@ $^ $(BROKER_LIBS)

$(B)/bin/sein: $(call obj,client/cli/main.c) $(B)/lib/cli.a $(B)/lib/govern.a $(B)/lib/client.a $(PROTO_AR)
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -pie -o $@ $^ $(CLIENT_LIBS)

$(B)/bin/sein-keyholder: $(call obj,client/keyholder/main.c) $(B)/lib/keyholder.a $(B)/lib/connection.a $(PROTO_AR)
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -pie -o $@ $^ $(CLIENT_LIBS)

# libsein: everything it needs of proto inside, only sein.h visible.
LIBSEIN_OBJ := $(call obj,$(CLIENT) $(BLIND) $(TRUST) $(WIRE) $(BASE))
$(B)/lib/libsein.a: $(LIBSEIN_OBJ)
	@mkdir -p $(@D)
	@rm -f $@
	ar rcs $@ $^
$(B)/lib/$(SONAME): $(LIBSEIN_OBJ)
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -shared -Wl,-soname,$(SONAME) -o $@ $^ $(CLIENT_LIBS)
	ln -sf $(SONAME) $(B)/lib/libsein.so
$(B)/lib/pkgconfig/libsein.pc: client/libsein.pc.in Makefile
	@mkdir -p $(@D)
	sed -e 's|@PREFIX@|$(PREFIX)|g' -e 's|@VERSION@|$(VERSION)|g' -e 's|@MSGPACK@|$(MSGPACK)|g' $< > $@

# The date of a page is that of its last change, so that a build repeats itself.
scdoc = SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct -- $< 2>/dev/null | grep . || stat -c %Y $<) scdoc
$(B)/man/%: broker/%.scd
	@mkdir -p $(@D)
	$(scdoc) < $< > $@
$(B)/man/%: client/keyholder/%.scd
	@mkdir -p $(@D)
	$(scdoc) < $< > $@
# The commands of sein(1) come from the table that the program works by.
$(B)/man/sein.1: client/cli/sein.1.scd $(B)/bin/sein
	@mkdir -p $(@D)
	$(B)/bin/sein completion scd --lang en > $@.commands
	sed -e '/^@COMMANDS@$$/{r $@.commands' -e 'd}' $< | $(scdoc) > $@
	rm $@.commands
$(B)/completion/sein: $(B)/bin/sein
	@mkdir -p $(@D)
	$(B)/bin/sein completion bash > $@

# ---- tests --------------------------------------------------------------------
$(B)/tests/unit/%: $(B)/obj/tests/unit/%.o $(B)/lib/support.a $(B)/lib/keyholder.a $(B)/lib/cli.a $(B)/lib/govern.a $(B)/lib/client.a $(B)/lib/broker.a $(PROTO_AR)
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -pie -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(CLIENT_LIBS) $(call lib,cmocka)

# What a test in another language asks.
$(B)/tests/interop/%: $(B)/obj/tests/interop/%.o $(PROTO_AR)
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -pie -o $@ $(filter %.o,$^) $(filter %.a,$^) $(PROTO_LIBS)

$(B)/tests/bench/%: $(B)/obj/tests/bench/%.o $(B)/lib/support.a $(B)/lib/client.a $(B)/lib/broker.a $(PROTO_AR)
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -pie -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(CLIENT_LIBS)

# Targets of libFuzzer, with FUZZ=1 only.
$(B)/tests/fuzz/fuzz_%: $(B)/obj/tests/fuzz/fuzz_%.o $(B)/obj/tests/fuzz/require.o $(B)/lib/client.a $(B)/lib/broker.a $(PROTO_AR)
	@mkdir -p $(@D)
	$(CC) -fsanitize=fuzzer,address,undefined -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(CLIENT_LIBS)
$(B)/tests/fuzz/seed: $(B)/obj/tests/fuzz/seed.o $(B)/obj/tests/support/fixture_directory.o $(B)/obj/tests/support/fixture_epoch.o $(PROTO_AR)
	@mkdir -p $(@D)
	$(CC) -fsanitize=address,undefined -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(PROTO_LIBS)
fuzzers: $(FUZZ_BINS)

unit: $(UNIT_BINS) $(TOOL_BINS) ## build the unit tests
tools: $(TOOL_BINS)
check: all $(UNIT_BINS) ## run the unit tests
	tests/run unit $(B)

test: ## install what is needed, then run all tests
	deploy/install-deps.sh test
	tests/run all

demo: ## install what is needed, build, and run the main job (INPUT=file.csv KEEP=dir)
	deploy/install-deps.sh demo
	$(MAKE) --no-print-directory all
	deploy/demo/run "$(B)" "$(INPUT)" "$(KEEP)"

bench: ## measure, side by side, in build/bench (minutes)
	deploy/install-deps.sh test
	$(MAKE) --no-print-directory all $(BENCH_BINS)
	tests/bench/run $(B)

layers: all ## prove the direction of every dependency
	tests/lint/layers.sh $(B)

lint: ## format, clang-tidy, cppcheck, headers alone
	tests/lint/lint.sh $(B)

fuzz: ## run every fuzz target for FUZZ_SECONDS (30) seconds
	tests/fuzz/run fuzz

install: all ## install programs, library, header, man pages and completion under PREFIX
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/lib/pkgconfig $(DESTDIR)$(PREFIX)/include
	install -m 755 $(B)/bin/sein $(DESTDIR)$(PREFIX)/bin/
	install -m 755 $(B)/bin/seinhuisd $(DESTDIR)$(PREFIX)/sbin/
	install -m 755 $(B)/bin/sein-keyholder $(DESTDIR)$(PREFIX)/sbin/
	install -m 644 client/include/sein.h $(DESTDIR)$(PREFIX)/include/
	install -m 644 $(B)/lib/libsein.a $(DESTDIR)$(PREFIX)/lib/
	install -m 755 $(B)/lib/$(SONAME) $(DESTDIR)$(PREFIX)/lib/
	ln -sf $(SONAME) $(DESTDIR)$(PREFIX)/lib/libsein.so
	install -m 644 $(B)/lib/pkgconfig/libsein.pc $(DESTDIR)$(PREFIX)/lib/pkgconfig/
	for page in $(MAN_PAGES); do \
	  section=$(DESTDIR)$(PREFIX)/share/man/man$${page##*.}; \
	  install -d $$section && install -m 644 $$page $$section/ || exit 1; \
	done
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions
	install -m 644 $(B)/completion/sein $(DESTDIR)$(PREFIX)/share/bash-completion/completions/

clean: ## remove everything that was built
	rm -rf build build-test build-san build-fuzz

help: ## this text
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

-include $(patsubst %.c,$(B)/obj/%.d,$(ALL_SOURCES))
