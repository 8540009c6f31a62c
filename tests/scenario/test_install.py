#!/usr/bin/python3
"""What `make install` puts in place is whole: programs, pages, completion, and a
library that another program is built against with pkg-config.

# tests/run: limit=300 builds=test
"""

import os
import re
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tests", part)
                for part in ("support", "interop")]

import tap  # noqa: E402
from seinhuis import run  # noqa: E402

PROGRAM = r"""
#include <sein.h>
#include <stdio.h>

static int
show(void *context, const char *json)
{
    (void)context;
    return puts(json) < 0 ? 1 : 0;
}

int
main(void)
{
    const struct sein_pair pairs[] = { { "postcode", "1506 ab" },
                                       { "huisnummer", "12 b" } };
    char field[40];

    return sein_handle(pairs, 2, show, NULL, field, sizeof field) == 0 ? 0 : 1;
}
"""


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = os.path.join(os.environ["TMPDIR"], "installed")
        run(["make", "-s", "-C", ROOT, "install", "TEST=1", "PREFIX=/usr",
             f"DESTDIR={cls.folder}"], timeout_s=240)

    def path(self, *parts):
        return os.path.join(self.folder, "usr", *parts)

    def test_everything_is_there(self):
        for path in ("bin/sein", "sbin/seinhuisd", "sbin/sein-keyholder",
                     "include/sein.h",
                     "lib/libsein.a", "lib/libsein.so", "lib/libsein.so.0",
                     "lib/pkgconfig/libsein.pc", "share/man/man1/sein.1",
                     "share/man/man8/seinhuisd.8",
                     "share/man/man8/sein-keyholder.8",
                     "share/man/man5/seinhuisd.conf.5",
                     "share/bash-completion/completions/sein"):
            self.assertTrue(os.path.exists(self.path(path)), path)
        self.assertIn("libsein.so.0", run(
            ["readelf", "-d", self.path("lib/libsein.so")]).out)

    def test_a_program_against_the_library(self):
        source = os.path.join(os.environ["TMPDIR"], "mine.c")
        with open(source, "w", encoding="ascii") as file:
            file.write(PROGRAM)
        flags = run(["pkg-config", "--define-prefix", "--cflags", "--libs",
                     "libsein"], dict(os.environ, PKG_CONFIG_PATH=self.path(
                         "lib", "pkgconfig"))).out.split()
        binary = source.removesuffix(".c")
        run(["gcc", "-std=c17", "-Wall", "-Wextra", "-Werror", "-o", binary,
             source, *flags])
        said = run([binary], dict(os.environ,
                                  LD_LIBRARY_PATH=self.path("lib"))).json()
        self.assertEqual(said["kind"], "address")
        self.assertEqual(said["canonical"], "1506AB/12/B/")

    def test_the_page_tells_every_command_and_option(self):
        page = run(["mandoc", "-T", "utf8", "-O", "width=200",
                    self.path("share/man/man1/sein.1")]).out
        page = re.sub(".\b", "", page)  # printed twice, to be bold
        self.assertNotIn("@COMMANDS@", page)
        sein = self.path("bin/sein")
        commands = [line.split()[0] for line in run([sein, "help"]).out
                    .splitlines() if line.startswith("  ")]
        self.assertGreater(len(commands), 25)
        for command in commands:
            self.assertIn(f"sein {command}", page)
            said = run([sein, command, "--help"], check=None).out
            for word in said.partition("\n\nVoor elke")[0].split():
                if word.startswith("--") and command != "directory":
                    self.assertIn(word, page, command)


if __name__ == "__main__":
    tap.main()
