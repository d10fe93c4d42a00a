package version

import (
	"regexp"
	"runtime"
	"runtime/debug"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/manifests"
)

// Build tells which build of the plugin this is.
type Build struct {
	// Version is a tag such as v1.2.3, or what Go knows of the module where none was set.
	Version string `json:"version"`
	// Commit is the git commit; empty where the build did not record it.
	Commit string `json:"commit,omitempty"`
	// Date is when the commit was made, RFC 3339.
	Date      string `json:"date,omitempty"`
	GoVersion string `json:"goVersion"`
	// Platform is the operating system and the architecture, such as linux/amd64.
	Platform string `json:"platform"`
}

// release is a version that is published, with images of the same tag.
var release = regexp.MustCompile(`^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$`)

// Image is the image of the runner that goes with this build; empty for a build that is no release.
func (b Build) Image() string {
	if !release.MatchString(b.Version) || pseudo.MatchString(b.Version) {
		return ""
	}
	return manifests.ImageRepository + ":" + b.Version
}

// pseudo is a version that Go or git makes up for what lies between two releases.
var pseudo = regexp.MustCompile(`-[0-9]+-g[0-9a-f]+|[0-9]{14}-[0-9a-f]{12}`)

// Stamp is what the linker was given; all of it may be empty.
type Stamp struct {
	Version, Commit, Date string
}

// BuildOf describes the running program. What the stamp leaves open is what Go knows of the build.
func BuildOf(stamp Stamp) Build {
	b := Build{
		Version: stamp.Version, Commit: stamp.Commit, Date: stamp.Date,
		GoVersion: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if b.Version == "" {
		b.Version = info.Main.Version
	}
	for _, setting := range info.Settings {
		switch {
		case setting.Key == "vcs.revision" && b.Commit == "":
			b.Commit = setting.Value
		case setting.Key == "vcs.time" && b.Date == "":
			b.Date = setting.Value
		}
	}
	return b
}
