package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

const chartName = "externalsecret-runner"

// chart packs the chart as helm does, the CRDs that it links to among its files.
func (r *release) chart(context.Context) error {
	top := filepath.Join(r.top, "manifests", "chart")
	var files []file
	for _, pattern := range []string{"*.yaml", "*.json", "templates/*", "crds/*.yaml"} {
		paths, err := filepath.Glob(filepath.Join(top, filepath.FromSlash(pattern)))
		if err != nil {
			return fmt.Errorf("look for the chart's files: %w", err)
		}
		for _, path := range paths {
			content, err := os.ReadFile(path) //nolint:gosec // the repository's
			if err != nil {
				return fmt.Errorf("read the chart: %w", err)
			}
			within, err := filepath.Rel(top, path)
			if err != nil {
				return fmt.Errorf("read the chart: %w", err)
			}
			if within == "Chart.yaml" {
				if content, err = r.stamp(content); err != nil {
					return fmt.Errorf("read manifests/chart/Chart.yaml: %w", err)
				}
			}
			files = append(files, file{chartName + "/" + filepath.ToSlash(within), 0o644, content})
		}
	}
	packed, err := tarball(files, r.time)
	if err != nil {
		return fmt.Errorf("pack the chart: %w", err)
	}
	return r.write(chartName+"-"+strings.TrimPrefix(r.version, "v")+".tgz", packed)
}

var (
	// released is a version of a release, rather than one of a commit between two releases.
	released     = regexp.MustCompile(`^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$`)
	chartVersion = regexp.MustCompile(`(?m)^version: (.*)$`)
	appVersion   = regexp.MustCompile(`(?m)^appVersion: (.*)$`)
)

// stamp writes the version into a Chart.yaml. That of a release has to be there already: whoever takes the manifests from the tag, as
// kustomize can, gets the image that they name.
func (r *release) stamp(content []byte) ([]byte, error) {
	found := appVersion.FindSubmatch(content)
	if found == nil || !chartVersion.Match(content) {
		return nil, errors.New("it has no version and appVersion")
	}
	if was := string(found[1]); released.MatchString(r.version) && was != r.version {
		return nil, fmt.Errorf("its appVersion is %s and the release %s: before the tag, set it there, and in manifests/base/cronjob.yaml", was, r.version)
	}
	content = chartVersion.ReplaceAll(content, []byte("version: "+strings.TrimPrefix(r.version, "v")))
	return appVersion.ReplaceAll(content, []byte("appVersion: "+r.imageTag())), nil
}
