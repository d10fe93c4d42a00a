package e2e_test

import (
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// diff runs diff with an environment besides the world's, and requires that it leaves no file behind.
func (w *world) diff(t *testing.T, environment []string, args ...string) harness.Result {
	t.Helper()
	temporary := t.TempDir()
	r := w.pluginIn(t, append(append(w.environment(), "TMPDIR="+temporary, "TZ=UTC"), environment...), append([]string{"diff"}, args...)...)
	requireEmpty(t, temporary)
	return r
}

func requireEmpty(t *testing.T, directory string) {
	t.Helper()
	entries, err := os.ReadDir(directory)
	require.NoError(t, err)
	require.Empty(t, entries, "it has left files behind")
}

// settled is what diff has printed without what is different each time: directories, times, UIDs, and fingerprints but for their order.
func settled(text string) string {
	text = regexp.MustCompile(`\S*/(LIVE|MERGED)-\d+`).ReplaceAllString(text, "$1")
	text = regexp.MustCompile(`(?m)\t\d{4}-.*$`).ReplaceAllString(text, "")
	text = regexp.MustCompile(`uid: \S+`).ReplaceAllString(text, "uid: UID")
	text = regexp.MustCompile(`created-by: \S+`).ReplaceAllString(text, "created-by: HASH")
	seen := map[string]string{}
	return regexp.MustCompile(`<(\d+ bytes?), [0-9a-f]{8}>`).ReplaceAllStringFunc(text, func(value string) string {
		if _, ok := seen[value]; !ok {
			size, _, _ := strings.Cut(value, ",")
			seen[value] = fmt.Sprintf("%s, #%d>", size, 1+len(seen))
		}
		return seen[value]
	})
}

// changesOf are the lines of a file in diff's output that begin with + or -.
func changesOf(t *testing.T, out, file string) []string {
	t.Helper()
	var lines []string
	within := false
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "diff "):
			within = strings.HasSuffix(line, "/"+file)
		case within && (strings.HasPrefix(line, "+") || strings.HasPrefix(line, "-")) && !strings.HasPrefix(line, "+++") && !strings.HasPrefix(line, "---"):
			lines = append(lines, line)
		}
	}
	return lines
}

// changed makes an ExternalSecret for each way in which a refresh may change a Secret, and one that it would not.
func (w *world) changed(t *testing.T) {
	t.Helper()
	w.aws.Seed(t, map[string]string{
		"same": "1", "db": `{"username":"app","password":"before","old":"x"}`, "going": "2", "labelled": "3", "moved": "4", "merged": "5",
	})
	w.apply(t, awsStore, opaque("shared", map[string]string{"theirs": "x"}),
		externalSecret("same", dataOf("same")), externalSecret("db", "dataFrom: [{extract: {key: db}}]"),
		externalSecret("going", "target: {deletionPolicy: Delete}, "+dataOf("going")), externalSecret("labelled", dataOf("labelled")),
		externalSecret("moved", "target: {name: there}, "+dataOf("moved")),
		externalSecret("merged", "target: {name: shared, creationPolicy: Merge}, "+dataOf("merged")),
		externalSecret("silent", "target: {creationPolicy: None}, "+dataOf("same")), externalSecret("loose", "target: {creationPolicy: Orphan}, "+dataOf("same")))
	w.pass(t).synced(t)
	w.aws.Put(t, "db", `{"username":"app","password":"afterwards","token":"before"}`)
	w.aws.Delete(t, "going")
	w.aws.Put(t, "merged", "55")
	w.apply(t, externalSecret("new", dataOf("same")))
	w.change(t, "labelled", func(s *corev1.Secret) {
		s.Labels["reconcile.external-secrets.io/managed"] = "false"
		s.OwnerReferences = nil
	})
	w.patch(t, "moved", `{"spec":{"target":{"name":"elsewhere"}}}`)
}

func TestDiffShowsWhatARefreshWouldChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.changed(t)
	r := w.diff(t, nil, "--all")
	require.Equal(t, 1, r.Code, r.Stderr)
	out := settled(r.Stdout)
	file := func(name string) []string { return changesOf(t, out, "v1.Secret."+w.namespace+"."+name) }
	text := func(name string) string { return strings.Join(file(name), "\n") }

	assert.Regexp(t, `(?s)^-  old: <1 byte, #\d+>\n-  password: <6 bytes, (#\d+)>\n\+  password: <10 bytes, #\d+>\n\+  token: <6 bytes, (#\d+)>\n`+
		`-    reconcile.external-secrets.io/data-hash: <56 bytes, #\d+>\n\+    reconcile.external-secrets.io/data-hash: <56 bytes, #\d+>$`, text("db"))
	same := regexp.MustCompile(`<6 bytes, (#\d+)>`).FindAllStringSubmatch(text("db"), -1)
	assert.Equal(t, same[0][1], same[1][1], "what was the password is the token now, and looks so")
	assert.Regexp(t, `^\+apiVersion: v1\n\+data:\n\+  value: <1 byte, #\d+>\n\+kind: Secret`, text("new"))
	assert.Regexp(t, `^-apiVersion: v1\n-data:\n-  value: <1 byte, #\d+>\n-kind: Secret`, text("going"))
	assert.Regexp(t, `^-  value: <1 byte, #\d+>\n\+  value: <2 bytes, #\d+>\n`, text("shared"))
	assert.NotContains(t, text("shared"), "theirs")
	assert.Regexp(t, `(?s)-    reconcile.external-secrets.io/managed: "false"\n\+    reconcile.external-secrets.io/managed: "true".*\+  ownerReferences:`, text("labelled"))
	assert.Regexp(t, `^-apiVersion`, text("there"))
	assert.Regexp(t, `^\+apiVersion`, text("elsewhere"))
	assert.Contains(t, r.Stderr, "Secret there, the target before spec.target.name was changed, goes")
	assert.Equal(t, 7, strings.Count(out, "diff -u -N"), "nothing else differs")

	assert.Equal(t, 1, w.diff(t, nil, "db").Code)
	none := w.diff(t, nil, "same", "silent", "loose")
	assert.Zero(t, none.Code, none.Stderr)
	assert.Empty(t, none.Stdout)
	assert.Empty(t, w.diff(t, nil, "-l", "a=b").Stdout)

	require.Zero(t, w.plugin(t, "refresh", "--all", "--max-removals=100%").Code)
	after := w.diff(t, nil, "--all")
	assert.Zero(t, after.Code, after.Stderr)
	assert.Empty(t, after.Stdout)
}

func TestWhatDiffShowsIsWhatARefreshWrites(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.changed(t)
	kept := t.TempDir()
	r := w.diff(t, []string{"KUBECTL_EXTERNAL_DIFF=cp -r -t " + kept}, "--all", "--show-secrets")
	require.Zero(t, r.Code, "%s%s", r.Stdout, r.Stderr)
	merged, err := filepath.Glob(filepath.Join(kept, "MERGED-*", "*"))
	require.NoError(t, err)
	require.Len(t, merged, 5)
	require.Zero(t, w.plugin(t, "refresh", "--all", "--max-removals=100%").Code)
	for _, path := range merged {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		var shown struct {
			Metadata struct {
				Name                string
				Labels, Annotations map[string]string
			}
			Data map[string]string
			Type string
		}
		require.NoError(t, yaml.Unmarshal(text, &shown))
		s := w.secret(t, shown.Metadata.Name)
		assert.Equal(t, w.data(t, s.Name), shown.Data, s.Name)
		assert.Equal(t, s.Labels, shown.Metadata.Labels, s.Name)
		assert.Equal(t, s.Annotations, shown.Metadata.Annotations, s.Name)
		assert.Equal(t, string(s.Type), shown.Type, s.Name)
	}
}

func TestAFailureIsNotTakenForADifference(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.threeColours(t)
	w.apply(t, externalSecret("broken", dataOf("absent")), strings.Replace(secretStore("theirs", "prefix: ''"), "spec: {", "spec: {controller: theirs, ", 1),
		strings.Replace(externalSecret("foreign", dataOf("red")), "name: store", "name: theirs", 1))

	r := w.diff(t, nil, "--all")
	assert.Equal(t, 2, r.Code)
	assert.Equal(t, 3, strings.Count(r.Stdout, "diff -u -N"), "the others are shown")
	assert.Contains(t, r.Stderr, called+"broken failed: ")
	assert.Contains(t, r.Stderr, called+"foreign skipped: ")

	r = w.diff(t, nil, "foreign")
	assert.Zero(t, r.Code, "what is another's is no difference")
	assert.Contains(t, r.Stderr, called+"foreign skipped: ")

	r = w.diff(t, nil, "absent")
	assert.Equal(t, 2, r.Code)
	assert.Equal(t, "Error from server (NotFound): externalsecrets.external-secrets.io \"absent\" not found\n", r.Stderr)

	for name, test := range map[string]struct {
		environment []string
		args        []string
		says        string
	}{
		"a program that is missing": {[]string{"KUBECTL_EXTERNAL_DIFF=not-there -u"}, []string{"red"}, `the program "not-there"`},
		"a program that fails":      {[]string{"KUBECTL_EXTERNAL_DIFF=diff --no-such-option"}, []string{"red"}, "exit status 2"},
		"diff that is missing":      {[]string{"PATH="}, []string{"red"}, "install it"},
		"no ExternalSecret named":   {nil, nil, "--all"},
		"a flag that is none":       {nil, []string{"red", "--nonsense"}, "--nonsense"},
		"a server that is none":     {nil, []string{"red", "-s", "https://127.0.0.1:1"}, "was refused"},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.diff(t, test.environment, test.args...)
			assert.Equal(t, 2, r.Code, r.Stdout)
			assert.Contains(t, r.Stderr, test.says)
			assert.Empty(t, r.Stdout)
		})
	}
}

func TestAnExternalDiffGetsItsArgumentsAndTwoDirectories(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.threeColours(t)
	r := w.diff(t, []string{"KUBECTL_EXTERNAL_DIFF=diff -N --brief"}, "red", "blue")
	assert.Equal(t, 1, r.Code)
	assert.Equal(t, 2, strings.Count(r.Stdout, " differ\n"))
	assert.Regexp(t, `(?m)^Files \S+/LIVE-\d+/v1\.Secret\.`+w.namespace+`\.red and \S+/MERGED-\d+/v1\.Secret\.`+w.namespace+`\.red differ$`, r.Stdout)
	r = w.diff(t, []string{"KUBECTL_EXTERNAL_DIFF=find -perm 600 -type f"}, "red")
	assert.Contains(t, r.Stderr, "find: ", "it is given to the program as it is")
	r = w.diff(t, []string{"KUBECTL_EXTERNAL_DIFF=ls -l"}, "red")
	assert.Zero(t, r.Code, "a program's exit code is what it says")
	assert.Regexp(t, `-rw------- .* v1\.Secret\.`+w.namespace+`\.red`, r.Stdout)
}

func TestDiffShowsValuesOnlyWhenItIsTo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Put(t, "a", "correct horse")
	w.aws.PutBinary(t, "b", []byte{0xff, 0, 1})
	w.apply(t, awsStore, externalSecret("app", "data: [{secretKey: text, remoteRef: {key: a}}, {secretKey: bytes, remoteRef: {key: b}}]"))
	r := w.diff(t, nil, "app")
	assert.Regexp(t, `(?m)^\+  bytes: <3 bytes, [0-9a-f]{8}>\n\+  text: <13 bytes, [0-9a-f]{8}>$`, r.Stdout)
	assert.NotEqual(t, r.Stdout, w.diff(t, nil, "app").Stdout, "no two outputs have the same fingerprints")
	r = w.diff(t, nil, "app", "--show-secrets")
	assert.Contains(t, r.Stdout, "+  bytes: '<base64: /wAB>'\n+  text: correct horse\n")
	assert.NotContains(t, r.Stderr, "correct horse")
	w.noSecret(t, "app")
}

func TestDiffRunsNoGeneratorAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apply(t, generator("Password", "long", "{length: 32}"), externalSecret("app", "dataFrom: [{sourceRef: {generatorRef: {kind: Password, name: long}}}]"))
	r := w.diff(t, nil, "app")
	assert.Equal(t, 1, r.Code, r.Stderr)
	assert.Contains(t, r.Stdout, "+  password: <32 bytes, ")
	assert.Contains(t, r.Stderr, "Note: "+called+"app: its generators make new values each time: a refresh will write others than these\n")
	w.noSecret(t, "app")

	w.pass(t).synced(t)
	r = w.diff(t, nil, "app")
	assert.Zero(t, r.Code, r.Stdout)
	assert.Empty(t, r.Stdout)
	assert.Contains(t, r.Stderr, called+"app skipped: ")
	assert.Contains(t, r.Stderr, "rotate live credentials")
}

func TestDiffComparesObjectsThatAreNoSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Put(t, "a", "before")
	w.apply(t, awsStore, externalSecret("app", "target: {manifest: {apiVersion: v1, kind: ConfigMap}}, "+dataOf("a")))
	assert.Equal(t, 2, w.diff(t, nil, "app").Code, "not without the flag")
	r := w.diff(t, nil, "app", generic)
	assert.Equal(t, 1, r.Code, r.Stderr)
	assert.Contains(t, changesOf(t, r.Stdout, "v1.ConfigMap."+w.namespace+".app"), "+kind: ConfigMap")
	w.pass(t, generic).synced(t)
	assert.Zero(t, w.diff(t, nil, "app", generic).Code)
	w.aws.Put(t, "a", "afterwards")
	r = w.diff(t, nil, "app", generic)
	assert.Equal(t, 1, r.Code, r.Stderr)
	assert.Regexp(t, `^-  value: <6 bytes, \w+>\n\+  value: <10 bytes, \w+>\n`, strings.Join(changesOf(t, r.Stdout, "v1.ConfigMap."+w.namespace+".app"), "\n"))
}

func TestDiffNeedsNoMoreRightsThanADryRunOfTheClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.changed(t)
	environment := append(w.as(t, "looker", "read", "list", "get"), "TMPDIR="+t.TempDir())
	dry := w.pluginIn(t, environment, "refresh", "--all", "--dry-run=client")
	require.Zero(t, dry.Code, dry.Stderr)
	r := w.pluginIn(t, environment, "diff", "--all")
	assert.Equal(t, 1, r.Code, r.Stderr)
	assert.Equal(t, 7, strings.Count(r.Stdout, "diff -u -N"))
	assert.NotContains(t, r.Stderr, "forbidden")
}

func TestDiffWritesNothingAndAsksOnce(t *testing.T) {
	w := newWorld(t) // not parallel: it counts
	const count, distinct, differing = 60, 20, 6
	w.many(t, count, distinct)
	w.pass(t).synced(t)
	w.aws.Put(t, "bulk/0007", "new") // is that of three
	w.aws.Put(t, "bulk/0008", "new")
	var r harness.Result
	kube, aws := w.counted(t, func() { r = w.diff(t, nil, "--all") })
	require.Equal(t, 1, r.Code, r.Stderr)
	require.Equal(t, differing, strings.Count(r.Stdout, "diff -u -N"))
	for request := range kube {
		require.Contains(t, []string{"GET", "LIST"}, request.Verb, "%s", kube)
	}
	require.Equal(t, differing, kube.Count("GET", "secrets"), "only those that differ are read again:\n%s", kube)
	require.Equal(t, differing+4, kube.Total(), "besides one list of each:\n%s", kube)
	require.Equal(t, 1, aws.Total(), "a batch of %d, retries included: %+v", distinct, aws)
	require.Equal(t, distinct, aws.IDs[harness.OpBatchGetSecretValue], "each distinct secret once")
	require.Empty(t, r.Stderr)
}

func TestNothingIsLeftOfADiffThatIsStopped(t *testing.T) {
	t.Parallel()
	bin := t.TempDir()
	for name, text := range map[string]string{"waits": "touch $1/started; exec sleep 60", "stubborn": `
		trap '' INT TERM HUP
		touch $1/started
		while [ "$(awk '/^PPid:/ {print $2}' /proc/$$/status)" = $PPID ]; do sleep 0.1; done
		touch $1/outlived`} {
		require.NoError(t, os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+text), 0o700))
	}
	for name, test := range map[string]struct {
		program string
		latency time.Duration // of AWS
		signals []os.Signal
		code    int
	}{
		"by Ctrl-C while a store is read":            {"waits", 30 * time.Second, []os.Signal{syscall.SIGINT}, 130},
		"by Ctrl-C while the program runs":           {"waits", 0, []os.Signal{syscall.SIGINT}, 130},
		"by SIGTERM while the program runs":          {"waits", 0, []os.Signal{syscall.SIGTERM}, 143},
		"by a terminal that goes away":               {"waits", 0, []os.Signal{syscall.SIGHUP}, 129},
		"by Ctrl-C twice, while the program goes on": {"stubborn", 0, []os.Signal{syscall.SIGINT, syscall.SIGINT}, 130},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if slices.ContainsFunc(test.signals, signal.Ignored) {
				t.Skip("the tests themselves run under nohup, which the plugin respects")
			}
			w := newWorld(t)
			w.threeColours(t)
			w.aws.Latency(t, harness.OpBatchGetSecretValue, test.latency)
			temporary, signs := t.TempDir(), t.TempDir()
			p := w.startIn(t, []string{"TMPDIR=" + temporary, "KUBECTL_EXTERNAL_DIFF=" + filepath.Join(bin, test.program) + " " + signs}, pluginPath(t),
				"diff", "--all", "--show-secrets", "--namespace", w.namespace)
			w.untilAsked(t)
			until(t, "there are files", func() bool {
				files, err := filepath.Glob(filepath.Join(temporary, "MERGED-*", "*"))
				require.NoError(t, err)
				_, err = os.Stat(filepath.Join(signs, "started"))
				return test.latency > 0 || (len(files) == 3 && err == nil)
			})
			for i, sent := range test.signals {
				if i > 0 {
					until(t, "the first signal has been seen", func() bool {
						entries, err := os.ReadDir(temporary)
						require.NoError(t, err)
						return len(entries) == 0
					})
					time.Sleep(500 * time.Millisecond) // what comes together with the first is no second one
				}
				p.Signal(t, sent)
			}
			r := p.Wait(t)
			assert.Equal(t, test.code, r.Code, r.Stderr)
			assert.Empty(t, r.Stdout)
			requireEmpty(t, temporary)
			if test.program == "stubborn" {
				assert.FileExists(t, filepath.Join(signs, "outlived"), "the files were gone before the program was")
			}
		})
	}
}

func TestTwoThatMergeIntoOneSecretAreShownOneByOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Seed(t, map[string]string{"a": "1", "b": "22"})
	w.apply(t, awsStore, opaque("shared", map[string]string{"theirs": "x"}))
	for _, name := range []string{"a", "b"} {
		w.apply(t, externalSecret(name, "target: {name: shared, creationPolicy: Merge}, data: [{secretKey: "+name+", remoteRef: {key: "+name+"}}]"))
	}
	r := w.diff(t, nil, "--all")
	assert.Equal(t, 1, r.Code, r.Stderr)
	for name, size := range map[string]string{"a": "1 byte", "b": "2 bytes"} {
		assert.Contains(t, strings.Join(changesOf(t, r.Stdout, "v1.Secret."+w.namespace+".shared."+name), "\n"), "+  "+name+": <"+size)
	}
}

// The transcript in the documentation is what diff prints, but for what is different each time.
func TestTheTranscriptOfDiffIsWhatItPrints(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/diff.md")
	require.NoError(t, err)
	_, transcript, _ := strings.Cut(string(text), "$ kubectl externalsecret diff db -n shop\n")
	transcript, _, found := strings.Cut(transcript, "```")
	require.True(t, found)

	w := newWorld(t)
	w.aws.Put(t, "db", `{"username":"app","password":"correct-horse","port":"5432"}`)
	w.apply(t, awsStore, strings.Replace(externalSecret("db", "dataFrom: [{extract: {key: db}}]"), "{name: db}", "{name: db, labels: {team: payments}}", 1))
	w.pass(t).synced(t)
	w.aws.Put(t, "db", `{"username":"app","password":"battery-staple","host":"db.example.com"}`)
	w.change(t, "db", func(s *corev1.Secret) { s.Labels["team"] = "platform" })
	r := w.diff(t, nil, "db")
	assert.Equal(t, 1, r.Code)
	assert.Equal(t, settled(transcript), settled(strings.ReplaceAll(r.Stdout, w.namespace, "shop")), "%s", r.Stdout)
	assert.Empty(t, r.Stderr)
}
