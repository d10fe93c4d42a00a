package core_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/aws"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
)

// explained is what Explain says of the ExternalSecrets that the server has, by name.
func explained(t *testing.T, s *server, store *shelf, change ...func(*core.ExplainConfig)) map[string]core.Explanation {
	t.Helper()
	config := core.ExplainConfig{Kube: s.serve(t), Providers: provider.Registry{"shelf": store}, Class: "ours"}
	for _, c := range change {
		c(&config)
	}
	all, err := core.Explain(t.Context(), config)
	require.NoError(t, err)
	byName := map[string]core.Explanation{}
	for _, e := range all {
		byName[e.Name] = e
	}
	return byName
}

// walked draws the states of the steps: a letter each, such as "OOO" for three that are OK.
func walked(e core.Explanation) string {
	var letters strings.Builder
	for _, taken := range e.Steps {
		letters.WriteByte(string(taken.State)[0])
	}
	return letters.String()
}

func stepOf(t *testing.T, e core.Explanation, step trace.Step) trace.Taken {
	t.Helper()
	for _, taken := range e.Steps {
		if taken.Step == step {
			return taken
		}
	}
	t.Fatalf("there is no step %s", step)
	return trace.Taken{}
}

func TestExplainStopsAtTheStepThatFails(t *testing.T) {
	spec := func(name, rest string) string {
		return "{metadata: {namespace: shop, name: " + name + "}, spec: {secretStoreRef: {name: shelf}, " + rest + "}}"
	}
	s := &server{
		lists: map[string][]string{
			"secretstores": {shelfStore, "{metadata: {namespace: shop, name: foreign}, spec: {controller: eso, provider: {shelf: {}}}}"},
			"externalsecrets": {
				wants("good"), wants("missing"), wants("unknown-caller"),
				"{metadata: {namespace: shop, name: undecodable}, spec: {refreshInterval: 5}}",
				spec("badinterval", "refreshInterval: 1d, data: [{secretKey: k, remoteRef: {key: k}}]"),
				"{metadata: {namespace: shop, name: nostore}, spec: {secretStoreRef: {name: nope}, data: [{secretKey: k, remoteRef: {key: k}}]}}",
				spec("notjson", "data: [{secretKey: k, remoteRef: {key: k, property: p}}]"),
				spec("notbase64", "data: [{secretKey: k, remoteRef: {key: k, decodingStrategy: Base64}}]"),
				spec("badkey", "data: [{secretKey: 'a b', remoteRef: {key: k}}]"),
				spec("template", "target: {template: {data: {k: '{{ .nothing }}'}}}, data: [{secretKey: k, remoteRef: {key: k}}]"),
				spec("refused", "data: [{secretKey: k, remoteRef: {key: k}}]"),
				"{metadata: {namespace: shop, name: foreign}, spec: {secretStoreRef: {name: foreign}, data: [{secretKey: k, remoteRef: {key: k}}]}}",
			},
		},
		refuse: func(request string) string {
			if request == "POST secrets" {
				return "the quota is used up"
			}
			return ""
		},
	}
	all := explained(t, s, &shelf{value: func(key string) provider.Answer {
		switch key {
		case "missing":
			return provider.Answer{Err: &provider.Error{Kind: provider.NotFound, Op: "Read", Message: "there is none"}}
		case "unknown-caller":
			return provider.Answer{Err: &provider.Error{Kind: provider.Unauthenticated, Op: "Read", Message: "the key is unknown"}}
		}
		return provider.Answer{Value: secret.FromString("a canary"), Version: "v7", Changed: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	}})
	for name, want := range map[string]struct {
		failed trace.Step
		walked string
	}{
		//                                  OsRdDueStoClaNsCrToIdReProReDecTemTarDifWri
		"undecodable":    {trace.Object, "FNNNNNNNNNNNNNNNN"},
		"badinterval":    {trace.Rules, "OFNNNNNNNNNNNNNNN"},
		"nostore":        {trace.Store, "OOOFNNNNNNNNNNNNN"},
		"foreign":        {trace.Class, "OSOOFNNNNNNNNNNNN"},
		"unknown-caller": {trace.Identity, "OOOOOSSSFNNNNNNNN"},
		"missing":        {trace.Read, "OOOOOSSSSFNNNNNNN"},
		"notjson":        {trace.Property, "OOOOOSSSSOFNNNNNN"},
		"badkey":         {trace.Rewrite, "OOOOOSSSSOSFNNNNN"},
		"notbase64":      {trace.Decoding, "OOOOOSSSSOSSFNNNN"},
		"template":       {trace.Template, "OOOOOSSSSOSSOFNNN"},
		"refused":        {trace.Target, "OOOOOSSSSOSSOSFNN"},
	} {
		assert.Equal(t, want.failed, all[name].Failed, name)
		assert.Equal(t, want.walked, walked(all[name]), name)
		require.Error(t, all[name].Cause, name)
		assert.Equal(t, all[name].Cause.Error(), stepOf(t, all[name], want.failed).Message)
	}
	read := stepOf(t, all["notbase64"], trace.Read)
	assert.Equal(t, []trace.Fact{{Name: "spec.data[0]", Value: "k: read, 8 bytes, version v7, of 2026-01-02T03:04:05Z"}}, read.Evidence)
	for _, write := range s.writes {
		assert.Equal(t, "POST secrets", write, "nothing but what the API server is to check")
	}
}

func TestExplainComesToTheEnd(t *testing.T) {
	s := &server{lists: map[string][]string{"secretstores": {shelfStore}, "externalsecrets": {wants("good")}}}
	e := explained(t, s, &shelf{})["good"]
	assert.Empty(t, e.Failed)
	assert.Equal(t, "OOOOOSSSSOSSOSOOS", walked(e))
	assert.Equal(t, core.Created, e.Outcome)
	assert.Equal(t, []trace.Fact{{Name: "added", Value: "k"}}, stepOf(t, e, trace.Difference).Evidence)
}

func TestExplainGoesOnWhereTheDeletionPolicyLivesWithWhatIsMissing(t *testing.T) {
	s := &server{lists: map[string][]string{"secretstores": {shelfStore}, "externalsecrets": {
		"{metadata: {namespace: shop, name: app}, spec: {secretStoreRef: {name: shelf}, target: {deletionPolicy: Merge}, " +
			"data: [{secretKey: a, remoteRef: {key: there}}, {secretKey: b, remoteRef: {key: nothing}}]}}",
	}}}
	e := explained(t, s, &shelf{value: nothing})["app"]
	assert.Equal(t, trace.Read, e.Failed, "a key is lost, which is not how it is meant to be")
	assert.Equal(t, "OOOOOSSSSFSSOSWOS", walked(e))
	assert.Equal(t, core.Created, e.Outcome)
	const why = `spec.data[1] (remote key "nothing"): Read: there is none`
	assert.Equal(t, why, stepOf(t, e, trace.Read).Message)
	assert.Equal(t, "left out: "+why, stepOf(t, e, trace.Target).Message)
}

func TestExplainOfflineAsksNoProvider(t *testing.T) {
	s := &server{lists: map[string][]string{"secretstores": {shelfStore}, "externalsecrets": {wants("good")}}}
	store := &shelf{open: func(context.Context, provider.Credentials) error { return errors.New("it was asked") }}
	e := explained(t, s, store, func(c *core.ExplainConfig) { c.Offline = true })["good"]
	assert.Empty(t, e.Failed)
	assert.Equal(t, "OOOOOSSSSSSSSSSSS", walked(e))
	assert.Empty(t, store.keys)
}

func TestExplainTellsWhatALoginUses(t *testing.T) {
	s := &server{lists: map[string][]string{
		"secretstores": {shelfStore}, "externalsecrets": {wants("good")},
		"secrets": {"{kind: Secret, apiVersion: v1, metadata: {namespace: shop, name: login}, data: {key: Y2FuYXJ5}}"},
	}}
	missing := "other"
	store := &shelf{open: func(ctx context.Context, credentials provider.Credentials) error {
		if _, err := credentials.Secret(ctx, "shop", "login", "key"); err != nil {
			return err
		}
		_, err := credentials.Secret(ctx, "shop", "login", missing)
		return err
	}}
	e := explained(t, s, store)["good"]
	assert.Equal(t, trace.Credentials, e.Failed)
	assert.Equal(t, []trace.Fact{{Name: "Secret shop/login", Value: "key key, 6 bytes"}}, stepOf(t, e, trace.Credentials).Evidence)
	assert.Equal(t, "OOOOOSFNNNNNNNNNN", walked(e))

	missing = "key"
	alone, err := core.ExplainStore(t.Context(), core.ExplainConfig{
		Kube: s.serve(t), Providers: provider.Registry{"shelf": store}, Class: "ours",
	}, "shop", api.SecretStoreRef{Name: "shelf"})
	require.NoError(t, err)
	assert.Empty(t, alone.Failed)
	assert.Equal(t, "OOSOSS", walked(alone))
}

func TestExplainEndsWithWhatIsBeingDeleted(t *testing.T) {
	const finalizers = "finalizers: [externalsecrets.external-secrets.io/externalsecret-cleanup]"
	for name, since := range map[string]time.Time{
		"it has just been deleted":          time.Now(),
		"its operator has not let go of it": time.Now().Add(-time.Hour),
	} {
		t.Run(name, func(t *testing.T) {
			deleted := strings.Replace(wants("gone"), "uid:", "deletionTimestamp: '"+since.UTC().Format(time.RFC3339)+"', "+finalizers+", uid:", 1)
			s := &server{lists: map[string][]string{"secretstores": {shelfStore}, "externalsecrets": {deleted}}}
			for _, offline := range []bool{false, true} {
				e := explained(t, s, &shelf{}, func(c *core.ExplainConfig) { c.Offline = offline })["gone"]
				assert.Equal(t, "FNNNNNNNNNNNNNNNN", walked(e))
				require.EqualError(t, e.Cause, "it is being deleted")
			}
		})
	}
}

func TestExplainOfAllAsksForNothingToFanOut(t *testing.T) {
	s := &server{lists: map[string][]string{"secretstores": {shelfStore}, "externalsecrets": {wants("good")}}}
	var asked []string
	var mu sync.Mutex
	s.refuse = func(request string) string {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, request)
		return ""
	}
	explained(t, s, &shelf{})
	assert.Contains(t, asked, "GET externalsecrets")
	assert.NotContains(t, asked, "GET clusterexternalsecrets")
	assert.NotContains(t, asked, "GET namespaces")
}

func TestExplainTellsOfATargetOnlyWhatIsKnown(t *testing.T) {
	target := func(spec string) string {
		return strings.Replace(wants("es"), "spec: {", "spec: {target: {"+spec+"}, ", 1)
	}
	named := func(c *core.ExplainConfig) {
		c.Scope.Names = []types.NamespacedName{{Namespace: "shop", Name: "es"}}
		c.GenericTargets = true
	}
	t.Run("a template is not rendered where there is nothing to merge into", func(t *testing.T) {
		s := &server{lists: map[string][]string{
			"secretstores": {shelfStore}, "externalsecrets": {target("creationPolicy: Merge, template: {data: {k: '{{ .nothing }}'}}")},
		}}
		e := explained(t, s, &shelf{}, named)["es"]
		assert.Equal(t, trace.Target, e.Failed)
		assert.Equal(t, trace.Skipped, stepOf(t, e, trace.Template).State)
	})
	t.Run("nothing is compared where nothing is written", func(t *testing.T) {
		s := &server{lists: map[string][]string{"secretstores": {shelfStore}, "externalsecrets": {target("creationPolicy: None")}}}
		difference := stepOf(t, explained(t, s, &shelf{}, named)["es"], trace.Difference)
		assert.Equal(t, trace.Skipped, difference.State)
		assert.Equal(t, "creationPolicy None writes nothing", difference.Message)
	})
	t.Run("a target that is kept without anything to write is not as it should be", func(t *testing.T) {
		extract := strings.Replace(wants("es"), "data: [{secretKey: k, remoteRef: {key: es}}]", "dataFrom: [{extract: {key: es}}]", 1)
		s := &server{lists: map[string][]string{"secretstores": {shelfStore}, "externalsecrets": {extract}}}
		nothing := &shelf{value: func(string) provider.Answer { return provider.Answer{Value: secret.FromString("{}")} }}
		difference := stepOf(t, explained(t, s, nothing, named)["es"], trace.Difference)
		assert.Equal(t, api.MessageSecretRetained, difference.Message)
	})
	t.Run("who else has written to an object that is no Secret is not known", func(t *testing.T) {
		s := &server{lists: map[string][]string{
			"secretstores": {shelfStore}, "externalsecrets": {target("manifest: {apiVersion: v1, kind: ConfigMap}")},
			"configmaps": {"{apiVersion: v1, kind: ConfigMap, metadata: {namespace: shop, name: es, uid: u, resourceVersion: '7', managedFields: [" +
				"{manager: someone, operation: Update, apiVersion: v1, fieldsType: FieldsV1, fieldsV1: {'f:data': {'f:k': {}}}}]}, data: {k: v}}"},
		}}
		writers := stepOf(t, explained(t, s, &shelf{}, named)["es"], trace.Writers)
		assert.Equal(t, trace.Skipped, writers.State)
		assert.NotContains(t, writers.Message, "nobody")
	})
	t.Run("when somebody has written to it may not be recorded", func(t *testing.T) {
		s := &server{lists: map[string][]string{
			"secretstores": {shelfStore}, "externalsecrets": {wants("es")},
			"secrets": {"{apiVersion: v1, kind: Secret, metadata: {namespace: shop, name: es, uid: u, resourceVersion: '7', managedFields: [" +
				"{manager: someone, operation: Update, apiVersion: v1, fieldsType: FieldsV1, fieldsV1: {'f:data': {'f:j': {}}}}]}, data: {j: eA==}}"},
		}}
		e := explained(t, s, &shelf{}, named)["es"]
		assert.Equal(t, []trace.Fact{{Name: "someone", Value: "at a time that is not recorded"}}, stepOf(t, e, trace.Writers).Evidence)
	})
}

func TestExplainMasksWhatTheAPIServerSaysOfRights(t *testing.T) {
	s := &server{lists: map[string][]string{"secretstores": {shelfStore}, "externalsecrets": {wants("es")}}}
	s.refuse = func(request string) string {
		if strings.Contains(request, "selfsubjectaccessreviews") {
			return "\x1b[31mnot with value of es"
		}
		return ""
	}
	target := stepOf(t, explained(t, s, &shelf{}, func(c *core.ExplainConfig) { c.Evidence = true })["es"], trace.Target)
	assert.Equal(t, trace.Warning, target.State)
	assert.Contains(t, target.Message, "not with [redacted]")
	assert.NotContains(t, target.Message, "\x1b")
}

func TestExplainTellsWhereEachStoreIs(t *testing.T) {
	s := &server{lists: map[string][]string{
		"secretstores": {
			"{metadata: {namespace: shop, name: a}, spec: {provider: {aws: {service: SecretsManager, region: us-east-1, prefix: a/}}}}",
			"{metadata: {namespace: shop, name: b}, spec: {provider: {aws: {service: SecretsManager, region: us-east-1, prefix: b/}}}}",
		},
		"externalsecrets": {"{metadata: {namespace: shop, name: es}, spec: {data: [" +
			"{secretKey: a, remoteRef: {key: k}, sourceRef: {storeRef: {name: a}}}, {secretKey: b, remoteRef: {key: k}, sourceRef: {storeRef: {name: b}}}]}}"},
	}}
	e := explained(t, s, nil, func(c *core.ExplainConfig) {
		c.Offline, c.Providers = true, provider.Registry{"aws": aws.Provider{Getenv: func(string) string { return "" }}}
	})["es"]
	evidence := stepOf(t, e, trace.Store).Evidence
	assert.Contains(t, evidence, trace.Fact{Name: "prefix", Value: "a/"})
	assert.Contains(t, evidence, trace.Fact{Name: "prefix", Value: "b/"})
}

// A store is not broken because whoever asks about it is in a namespace that it does not admit.
func TestExplainOfAStoreLogsInWhateverItsConditionsAre(t *testing.T) {
	s := &server{lists: map[string][]string{"clustersecretstores": {
		"{metadata: {name: shared}, spec: {conditions: [{namespaces: [payments]}], provider: {shelf: {}}}}",
	}}}
	opened := 0
	store := &shelf{open: func(context.Context, provider.Credentials) error { opened++; return nil }}
	e, err := core.ExplainStore(t.Context(), core.ExplainConfig{Kube: s.serve(t), Providers: provider.Registry{"shelf": store}},
		"shop", api.SecretStoreRef{Kind: api.KindClusterSecretStore, Name: "shared"})
	require.NoError(t, err)
	assert.Equal(t, 1, opened)
	assert.Empty(t, e.Failed)
	namespace := stepOf(t, e, trace.Namespace)
	assert.Equal(t, trace.Warning, namespace.State)
	assert.Contains(t, namespace.Message, `not allowed from namespace "shop"`)
	assert.Equal(t, []trace.Fact{{Name: "ClusterSecretStore shared", Value: "it has conditions"}}, namespace.Evidence)
}

// patient notes how often a store that is opened may make a request.
type patient struct {
	*shelf
	most int
}

func (p *patient) Open(ctx context.Context, store provider.Store, credentials provider.Credentials) (provider.Reader, error) {
	p.most = store.MaxAttempts
	return p.shelf.Open(ctx, store, credentials)
}

func TestExplainAsksAProviderThreeTimesAtMost(t *testing.T) {
	for name, explain := range map[string]func(core.ExplainConfig) error{
		"for an ExternalSecret": func(config core.ExplainConfig) error {
			_, err := core.Explain(t.Context(), config)
			return err
		},
		"for a store": func(config core.ExplainConfig) error {
			_, err := core.ExplainStore(t.Context(), config, "shop", api.SecretStoreRef{Kind: api.KindSecretStore, Name: "shelf"})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := &server{lists: map[string][]string{
				"externalsecrets": {wants("good")},
				"secretstores":    {"{metadata: {namespace: shop, name: shelf}, spec: {provider: {shelf: {}}}}"},
			}}
			store := &patient{shelf: &shelf{}}
			require.NoError(t, explain(core.ExplainConfig{Kube: s.serve(t), Providers: provider.Registry{"shelf": store}}))
			assert.Equal(t, 3, store.most)
		})
	}
}
