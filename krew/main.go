// Command krew prints the manifest under which krew finds the plugin, made of the archives of a release:
//
//	go run ./krew --version v1.2.3 --archives dist/release > externalsecret.yaml
//
// It refuses archives that krew, or those who keep krew's index, would refuse. How archives are made is not its business.
package main

import (
	_ "embed"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"text/template"
)

const releases = "https://github.com/kubectl-externalsecret/kubectl-externalsecret/releases/download"

//go:embed externalsecret.yaml.tmpl
var manifest string

func main() {
	flags := flag.NewFlagSet("krew", flag.ExitOnError)
	version := flags.String("version", "", "version of the release, such as v1.2.3")
	archives := flags.String("archives", "", "directory of the archives")
	uri := flags.String("uri", "", "where the archives are published; where GitHub has those of the version, unless it is given")
	_ = flags.Parse(os.Args[1:]) // it exits
	if err := run(os.Stdout, *version, *archives, *uri); err != nil {
		fmt.Fprintln(os.Stderr, "krew:", err)
		os.Exit(1)
	}
}

// semver is a version as krew reads it, with the v that it wants.
var semver = regexp.MustCompile(`^v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`)

// platform is what the manifest says of an archive.
type platform struct {
	OS, Arch, URI, SHA256, Bin string
}

// run prints the manifest of the archives in a directory, which are published below uri.
func run(out io.Writer, version, archives, uri string) error {
	if !semver.MatchString(version) {
		return fmt.Errorf("--version %q is no version such as v1.2.3", version)
	}
	if uri == "" {
		uri = releases + "/" + version
	}
	var platforms []platform
	for _, system := range []string{"linux", "darwin", "windows"} {
		for _, machine := range []string{"amd64", "arm64"} {
			name, bin := "kubectl-externalsecret_"+system+"_"+machine+".tar.gz", "kubectl-externalsecret"
			if system == "windows" {
				name, bin = strings.TrimSuffix(name, ".tar.gz")+".zip", bin+".exe"
			}
			sum, err := inspect(filepath.Join(archives, name), bin)
			if err != nil {
				return fmt.Errorf("take up %s: %w", name, err)
			}
			platforms = append(platforms, platform{OS: system, Arch: machine, URI: strings.TrimSuffix(uri, "/") + "/" + name, SHA256: sum, Bin: bin})
		}
	}
	parsed, err := template.New("manifest").Option("missingkey=error").Parse(manifest)
	if err != nil {
		return fmt.Errorf("parse the template: %w", err)
	}
	if err := parsed.Execute(out, map[string]any{"Version": version, "Platforms": platforms}); err != nil {
		return fmt.Errorf("write the manifest: %w", err)
	}
	return nil
}
