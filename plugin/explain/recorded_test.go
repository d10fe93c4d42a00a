package explain

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/serving"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/status"
)

func TestRecordedFailuresAreGroupedAsWalksAre(t *testing.T) {
	long := noon().Add(-time.Hour)
	item := func(name string, state status.State, message string) status.Item {
		return status.Item{
			Metadata: status.Metadata{Namespace: "shop", Name: name, CreationTimestamp: &long}, State: state, Message: message,
			RefreshPolicy: "Periodic", Stores: []status.StoreRef{{Kind: "SecretStore", Name: "aws"}},
		}
	}
	failed := func(name, message string) status.Item {
		one := item(name, status.Failed, message)
		one.Ready = &status.Ready{Status: string(metav1.ConditionFalse), Message: message}
		return one
	}
	young := item("young", status.NeverSynced, "nothing has refreshed it yet")
	young.Reason = "NeverSynced"
	now := noon()
	young.Metadata.CreationTimestamp = &now
	unattended := young
	unattended.Metadata.Name = "unattended"
	unattended, _ = status.Attend(unattended, &api.ExternalSecret{}, nil, serving.Seen{Whole: true}, nil)
	unable := item("unable", status.NeverSynced, `SecretStore "aws": spec.provider.vault.auth.iam is not supported; no other controller refreshes it`)
	unable.Reason, unable.Metadata.CreationTimestamp = status.ReasonUnsupported, &now
	unread := item("unread", status.Failed, "read the object: json: cannot unmarshal")
	unread.RefreshPolicy = ""
	storeless := item("storeless", status.AtRisk, `could not get SecretStore "aws" in namespace "shop": there is no such store`)
	storeless.Reason = status.ReasonStoreError
	c := Recorded([]status.Item{
		failed("b", refused), item("well", status.Synced, ""), failed("a", refused), young, item("theirs", status.Skipped, "x"),
		failed("odd", "the gremlin"), failed("odder", "another gremlin"), item("late", status.Stale, "the next refresh is overdue: nothing refreshes it"),
		item("old", status.NeverSynced, "nothing has refreshed it yet"), unread, unattended, unable, item("ruled", status.Failed, `spec.refreshInterval "1d" is not a duration`),
		storeless, item("partial", status.Incomplete, "the last refresh left out spec.data[0] (key=app/db)"),
	}, noon())
	assert.Equal(t, 15, c.Total)
	assert.Equal(t, 12, c.Broken)
	steps, first := map[string]trace.Step{}, []string{}
	for _, cause := range c.Causes {
		for _, object := range cause.Objects {
			steps[object.Name] = cause.Failed
		}
		if len(cause.Objects) > 1 {
			first = append(first, cause.Objects[0].Name+" "+cause.Objects[1].Name)
		}
	}
	assert.Equal(t, map[string]trace.Step{
		"a": trace.Recorded, "b": trace.Recorded, "odd": trace.Recorded, "odder": trace.Recorded, "late": trace.Due, "old": trace.Due, "unattended": trace.Due, "unable": trace.Store,
		"unread": trace.Object, "ruled": trace.Rules, "storeless": trace.Store, "partial": trace.Recorded,
	}, steps)
	assert.Equal(t, []string{"late old", "a b"}, first, "what has the same cause is together, what is not known is not")
	for _, cause := range c.Causes {
		if cause.Failed == trace.Store {
			assert.Equal(t, "SecretStore shop/aws", cause.Store)
		}
	}
}

func TestACauseThatNamesAPlaceIsOneOfThatPlace(t *testing.T) {
	item := func(name, host string) status.Item {
		message := `Get "https://` + host + `/v1/secret/db": dial tcp: lookup ` + host + `: no such host`
		return status.Item{
			Metadata: status.Metadata{Namespace: "shop", Name: name}, State: status.Failed, Message: message, RefreshPolicy: "Periodic",
			Ready: &status.Ready{Status: string(metav1.ConditionFalse), Message: message},
		}
	}
	causes := Recorded([]status.Item{item("a", "vault.one.example"), item("b", "vault.two.example"), item("c", "vault.one.example")}, noon()).Causes
	if assert.Len(t, causes, 2) {
		assert.Equal(t, "NET-50", causes[0].Diagnosis.ID)
		assert.Len(t, causes[0].Objects, 2)
		assert.Contains(t, causes[0].Diagnosis.Cause, "vault.one.example")
		assert.Contains(t, causes[1].Diagnosis.Cause, "vault.two.example")
	}
}
