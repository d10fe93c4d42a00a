// Command image makes the runner's container image, without a container engine: an OCI layout with an image for each platform, and
// an archive of the one for this machine's processor, for those who load images by hand. Run it in its own folder:
//
//	go run -C manifests/image . --version v1.2.3 --output ../../dist/image
//
// The same source, version and Go toolchain give the same bytes. It is a module of its own, so that what it needs stays out of the
// product's. Where images are published is not its business.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// repository is the name of the image in the manifests.
const repository = "ghcr.io/kubectl-externalsecret/externalsecret-runner"

func main() {
	flags := flag.NewFlagSet("image", flag.ExitOnError)
	version := flags.String("version", "", "version of the program, and the image's tag")
	output := flags.String("output", "", "directory to write, made anew")
	_ = flags.Parse(os.Args[1:]) // it exits
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *version, *output)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

// platforms are those that there is an image for.
func platforms() []v1.Platform {
	return []v1.Platform{{OS: "linux", Architecture: "amd64"}, {OS: "linux", Architecture: "arm64"}}
}

// unfit is what a tag can't hold: version numbers may have a plus.
var unfit = regexp.MustCompile(`[^A-Za-z0-9_.-]`)

// run makes the directory output: below oci the layout, beside it the archive.
func run(ctx context.Context, version, output string) error {
	if version == "" || output == "" {
		return fmt.Errorf("--version %q and --output %q are both needed", version, output)
	}
	tag, err := name.NewTag(repository + ":" + unfit.ReplaceAllString(version, "_"))
	if err != nil {
		return fmt.Errorf("name the image: %w", err)
	}
	common, err := commonLayer(ctx)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(output); err != nil {
		return fmt.Errorf("empty the output directory: %w", err)
	}
	if err := os.MkdirAll(output, 0o755); err != nil { //nolint:gosec // not secret
		return fmt.Errorf("make the output directory: %w", err)
	}
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, platform := range platforms() {
		image, err := imageFor(ctx, platform, version, common)
		if err != nil {
			return fmt.Errorf("make the image for %s: %w", platform, err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: &platform}})
		if platform.Architecture == runtime.GOARCH {
			archive := filepath.Join(output, "externalsecret-runner-"+platform.OS+"-"+platform.Architecture+".tar")
			if err := tarball.WriteToFile(archive, tag, image); err != nil {
				return fmt.Errorf("write %s: %w", archive, err)
			}
		}
	}
	path, err := layout.Write(filepath.Join(output, "oci"), empty.Index)
	if err != nil {
		return fmt.Errorf("write the layout: %w", err)
	}
	// By the first annotation tools find the tag, by the second containerd names the image when it imports the layout.
	if err := path.AppendIndex(index, layout.WithAnnotations(map[string]string{
		"org.opencontainers.image.ref.name": tag.TagStr(), "io.containerd.image.name": tag.String(),
	})); err != nil {
		return fmt.Errorf("write the layout: %w", err)
	}
	return nil
}

// imageFor is the image of one platform.
func imageFor(ctx context.Context, platform v1.Platform, version string, common v1.Layer) (v1.Image, error) {
	program, err := programLayer(ctx, platform, version)
	if err != nil {
		return nil, err
	}
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	image, err = mutate.ConfigFile(image, &v1.ConfigFile{
		OS: platform.OS, Architecture: platform.Architecture,
		RootFS: v1.RootFS{Type: "layers"},
		Config: v1.Config{
			User: "65532:65532", WorkingDir: "/", Entrypoint: []string{programPath},
			Labels: map[string]string{
				"org.opencontainers.image.title":       "externalsecret-runner",
				"org.opencontainers.image.description": "Syncs the ExternalSecrets of a cluster, one pass at a time",
				"org.opencontainers.image.source":      "https://github.com/kubectl-externalsecret/kubectl-externalsecret",
				"org.opencontainers.image.licenses":    "Apache-2.0",
				"org.opencontainers.image.version":     version,
			},
		},
	})
	if err != nil {
		return nil, fmt.Errorf("configure: %w", err)
	}
	// What changes least comes first. There is no time at which a layer was made: it would be another each time.
	image, err = mutate.Append(image,
		mutate.Addendum{Layer: common, MediaType: types.OCILayer, History: v1.History{CreatedBy: "CA roots and time zones"}},
		mutate.Addendum{Layer: program, MediaType: types.OCILayer, History: v1.History{CreatedBy: "the program and licences"}},
	)
	if err != nil {
		return nil, fmt.Errorf("add the layers: %w", err)
	}
	return image, nil
}
