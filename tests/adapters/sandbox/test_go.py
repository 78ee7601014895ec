"""Go's whole library may be named by programs, and the flags of `go build` by who hands them in."""

from dataclasses import replace

import pytest

from adapters.sandbox.judge import SandboxJudge
from application.ports.judge import ProgramOptions
from tests.adapters.sandbox.judging import job, judged, needs, ran

pytestmark = pytest.mark.asyncio(loop_scope="session")
WIDE = """package main

import (
	"archive/zip"
	"compress/gzip"
	"crypto/ecdsa"
	"crypto/tls"
	"database/sql"
	_ "embed"
	"encoding/gob"
	"encoding/xml"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"html/template"
	"image/png"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"testing"
	_ "time/tzdata"
)

var (
	_ zip.File
	_ gzip.Reader
	_ ecdsa.PublicKey
	_ tls.Config
	_ sql.DB
	_ gob.Encoder
	_ ast.File
	_ png.Encoder
	_ net.IPNet
	_ url.URL
	_ exec.Cmd
	_ = signal.Notify
	_ = filepath.Join
	_ pprof.Profile
	_ testing.T
)

type Word struct{ Text string }

func main() {
	file, _ := parser.ParseFile(token.NewFileSet(), "x.go", "package parsed", 0)
	text, _ := xml.Marshal(Word{"xml"})
	page := template.Must(template.New("").Parse("{{.}}\\n"))
	fmt.Println(file.Name, string(text), http.StatusText(404))
	page.Execute(os.Stdout, "<")
	_, err := http.Get("http://127.0.0.1:1/")
	fmt.Println(err != nil)
}
"""
HELLO = 'package main\n\nvar word = "usual"\n\nfunc main() { print(word) }\n'


@pytest.fixture(autouse=True)
def is_offered(offered: tuple[str, ...]) -> None:
    needs("go", offered)


async def test_the_whole_library_can_be_imported(judge: SandboxJudge) -> None:
    run = await ran(judge, "go", WIDE)

    said = b"parsed <Word><Text>xml</Text></Word> Not Found\n&lt;\ntrue\n"
    assert (run.stdout, run.exit_code) == (said, 0)


@pytest.mark.parametrize("package", ["internal/abi", "vendor/golang.org/x/net/idna", "nosuch"])
async def test_no_more_than_the_library_can_be_imported(judge: SandboxJudge, package: str) -> None:
    source = f'package main\n\nimport _ "{package}"\n\nfunc main() {{}}\n'

    compilation, _ = await judged(judge, job("go", source))

    assert not compilation.ok
    assert f"main.go:3:10: could not import {package}" in compilation.output


@pytest.mark.parametrize(
    "options",
    [
        ("-gcflags=-N -l", "-v"),
        ("-gcflags", "-N -l", "-ldflags", "-X main.word=linked", "-trimpath"),
    ],
)
async def test_flags_of_go_build_are_taken(judge: SandboxJudge, options: tuple[str, ...]) -> None:
    given = replace(job("go", HELLO), options=ProgramOptions(compiler_options=options))

    compilation, (run,) = await judged(judge, given)

    assert compilation.ok
    assert run.stderr == (b"linked" if "-ldflags" in options else b"usual")


@pytest.mark.parametrize("option", ["-toolexec=/bin/sh", "-o=/tmp/x", "-race", "@x", "-ldflags"])
async def test_other_flags_are_refused_with_a_reason(judge: SandboxJudge, option: str) -> None:
    given = replace(job("go", HELLO), options=ProgramOptions(compiler_options=(option,)))

    compilation, _ = await judged(judge, given)

    assert not compilation.ok
    assert option in compilation.output
