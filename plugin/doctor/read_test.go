package doctor

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/serving"
)

func TestCoverageIsReadFromArgumentsAndEnvironment(t *testing.T) {
	for name, test := range map[string]struct {
		container corev1.Container
		want      serving.Coverage
	}{
		"nothing":                       {container(), serving.Coverage{Class: "default"}},
		"a class":                       {container("--controller-class=batch"), serving.Coverage{Class: "batch"}},
		"a value of its own":            {container("--controller-class", "batch"), serving.Coverage{Class: "batch"}},
		"flags that are not known":      {container("--concurrent=1", "--enable-leader-election", "--controller-class=batch", "--loglevel", "debug"), serving.Coverage{Class: "batch"}},
		"namespaces":                    {container("--namespaces=a,b", "--namespaces", "c"), serving.Coverage{Class: "default", Namespaces: []string{"a", "b", "c"}}},
		"the operator's one namespace":  {container("--namespace=a"), serving.Coverage{Class: "default", Namespaces: []string{"a"}}},
		"selectors":                     {container("-l", "a=b", "--field-selector=metadata.name=x"), serving.Coverage{Class: "default", Labels: "a=b", Fields: "metadata.name=x"}},
		"a command before":              {corev1.Container{Command: []string{"/externalsecret-runner"}, Args: []string{"--controller-class=batch"}}, serving.Coverage{Class: "batch"}},
		"a variable":                    {corev1.Container{Env: []corev1.EnvVar{{Name: "EXTERNALSECRET_RUNNER_CONTROLLER_CLASS", Value: "batch"}}}, serving.Coverage{Class: "batch"}},
		"a flag wins over its variable": {corev1.Container{Args: []string{"--controller-class=a"}, Env: []corev1.EnvVar{{Name: "EXTERNALSECRET_RUNNER_CONTROLLER_CLASS", Value: "b"}}}, serving.Coverage{Class: "a"}},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, test.want, serving.CoverageOf(test.container)) })
	}
}

func TestVersionOfAnImage(t *testing.T) {
	for image, want := range map[string]string{
		"ghcr.io/external-secrets/external-secrets:v2.9.0":                  "v2.9.0",
		"localhost:5000/externalsecret-runner":                              "",
		"localhost:5000/externalsecret-runner:v1.2.3@sha256:0123456789abcd": "v1.2.3",
		"externalsecret-runner@sha256:0123456789abcd":                       "",
	} {
		assert.Equal(t, want, serving.VersionOf(image), image)
	}
}

func TestPartsOfTheOperatorAreToldApart(t *testing.T) {
	deployment := func(args ...string) *appsv1.Deployment {
		d := &appsv1.Deployment{}
		d.Spec.Template.Spec.Containers = []corev1.Container{{Image: "eso:v2.9.0", Args: args}}
		return d
	}
	assert.Equal(t, partWebhook, operatorOf(deployment("webhook", "--port=10250")).part)
	assert.Equal(t, partCertController, operatorOf(deployment("certcontroller")).part)
	controller := operatorOf(deployment("--concurrent=1", "--controller-class=theirs"))
	assert.Equal(t, operator{part: partController, version: "v2.9.0", wanted: 1, serves: serving.Coverage{Class: "theirs"}}, controller)
	assert.Equal(t, partController, operatorOf(&appsv1.Deployment{}).part, "even one without containers")
}

func TestOnlyJobsOfTheScheduleThatHaveEndedCount(t *testing.T) {
	cronJob := &batchv1.CronJob{ObjectMeta: metav1.ObjectMeta{Name: "runner", UID: "1"}}
	made := func(name string, owner types.UID, kind batchv1.JobConditionType, status corev1.ConditionStatus, ago time.Duration) batchv1.Job {
		controller := true
		return batchv1.Job{
			ObjectMeta: metav1.ObjectMeta{Name: name, OwnerReferences: []metav1.OwnerReference{{UID: owner, Controller: &controller}}},
			Status: batchv1.JobStatus{Conditions: []batchv1.JobCondition{{
				Type: kind, Status: status, Message: "why", LastTransitionTime: metav1.NewTime(before(ago)),
			}}},
		}
	}
	manual := made("manual", "1", batchv1.JobFailed, corev1.ConditionTrue, 0)
	manual.Annotations = map[string]string{"cronjob.kubernetes.io/instantiate": "manual"}
	read := runnerOf(cronJob, known[[]batchv1.Job]{value: []batchv1.Job{
		manual,
		made("late", "1", batchv1.JobFailed, corev1.ConditionTrue, time.Minute),
		made("early", "1", batchv1.JobComplete, corev1.ConditionTrue, time.Hour),
		made("going", "1", batchv1.JobFailed, corev1.ConditionFalse, 0),
		made("other", "2", batchv1.JobFailed, corev1.ConditionTrue, 0),
	}})
	last, ok := read.lastJob()
	require.True(t, ok)
	assert.Equal(t, job{name: "late", ended: before(time.Minute), failed: true, message: "why"}, last)
	assert.Len(t, read.jobs.value, 2)
}

func TestTheRunThatHasWaitedToBeginForTheLongest(t *testing.T) {
	cronJob := &batchv1.CronJob{ObjectMeta: metav1.ObjectMeta{Name: "runner", UID: "1"}}
	made := func(ago time.Duration, change ...func(*batchv1.Job)) batchv1.Job {
		controller := true
		j := batchv1.Job{ObjectMeta: metav1.ObjectMeta{
			Name: ago.String(), CreationTimestamp: metav1.NewTime(before(ago)), OwnerReferences: []metav1.OwnerReference{{UID: "1", Controller: &controller}},
		}}
		for _, c := range change {
			c(&j)
		}
		return j
	}
	one, two, yes, indexed := int32(1), int32(2), true, batchv1.IndexedCompletion
	sharded := func(ready *int32, completed string) batchv1.Job {
		return made(time.Hour, func(j *batchv1.Job) {
			j.Spec.CompletionMode, j.Spec.Completions, j.Spec.Parallelism = &indexed, &two, &two
			j.Status.Ready, j.Status.CompletedIndexes = ready, completed
		})
	}
	for name, test := range map[string]struct {
		jobs []batchv1.Job
		want string
	}{
		"none":                            {nil, ""},
		"the oldest":                      {[]batchv1.Job{made(2 * time.Minute), made(time.Hour), made(time.Minute + time.Second)}, "1h0m0s"},
		"one that is new may wait":        {[]batchv1.Job{made(time.Minute)}, ""},
		"one that has begun":              {[]batchv1.Job{made(time.Hour, func(j *batchv1.Job) { j.Status.Ready = &one })}, ""},
		"one of which a shard waits":      {[]batchv1.Job{sharded(&one, "")}, "1h0m0s"},
		"one whose shards all have begun": {[]batchv1.Job{sharded(&two, "")}, ""},
		"one whose other shard has ended": {[]batchv1.Job{sharded(&one, "0")}, ""},
		"one that is suspended":           {[]batchv1.Job{made(time.Hour, func(j *batchv1.Job) { j.Spec.Suspend = &yes })}, ""},
		"one that is being deleted":       {[]batchv1.Job{made(time.Hour, func(j *batchv1.Job) { j.DeletionTimestamp = &j.CreationTimestamp })}, ""},
		"one of another CronJob":          {[]batchv1.Job{made(time.Hour, func(j *batchv1.Job) { j.OwnerReferences[0].UID = "2" })}, ""},
		"one that has ended": {[]batchv1.Job{made(time.Hour, func(j *batchv1.Job) {
			j.Status.Conditions = []batchv1.JobCondition{{Type: batchv1.JobFailed, Status: "True"}}
		})}, ""},
		"one that was started by hand": {[]batchv1.Job{made(time.Hour, func(j *batchv1.Job) { j.Annotations = map[string]string{annotationManual: "manual"} })}, "1h0m0s"},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			if j := unready(cronJob, test.jobs, noon()); j != nil {
				got = j.Name
			}
			assert.Equal(t, test.want, got)
		})
	}
}

func TestAnObjectIsFromAnOldManifest(t *testing.T) {
	for name, test := range map[string]struct{ metadata, by string }{
		"applied as v1beta1":                       {`{annotations: {kubectl.kubernetes.io/last-applied-configuration: '{"apiVersion":"external-secrets.io/v1beta1"}'}}`, "kubectl apply"},
		"applied as v1 since":                      {`{annotations: {kubectl.kubernetes.io/last-applied-configuration: '{"apiVersion":"external-secrets.io/v1"}'}, managedFields: [{manager: kubectl, apiVersion: external-secrets.io/v1beta1}]}`, ""},
		"written as v1beta1":                       {`{managedFields: [{manager: helm, apiVersion: external-secrets.io/v1beta1}]}`, "helm"},
		"written as v1 since, by the same":         {`{managedFields: [{manager: helm, apiVersion: external-secrets.io/v1beta1}, {manager: helm, apiVersion: external-secrets.io/v1}]}`, ""},
		"written as v1 since, by somebody else":    {`{managedFields: [{manager: helm, apiVersion: external-secrets.io/v1beta1}, {manager: me, apiVersion: external-secrets.io/v1}]}`, "helm"},
		"only its status was written as v1beta1":   {`{managedFields: [{manager: eso, apiVersion: external-secrets.io/v1beta1, subresource: status}]}`, ""},
		"written as v1":                            {`{managedFields: [{manager: helm, apiVersion: external-secrets.io/v1}]}`, ""},
		"an annotation that is no manifest at all": {`{annotations: {kubectl.kubernetes.io/last-applied-configuration: '?'}}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var metadata metav1.ObjectMeta
			require.NoError(t, yaml.Unmarshal([]byte(test.metadata), &metadata))
			assert.Equal(t, test.by, oldManifest(&metadata))
		})
	}
}

func TestServiceAccountsOfStores(t *testing.T) {
	read := func(kind, namespace, provider string) []types.NamespacedName {
		raw, err := yaml.YAMLToJSON([]byte("{metadata: {name: s, namespace: " + namespace + "}, spec: {provider: " + provider + "}}"))
		require.NoError(t, err)
		return storeOf(kind, json.RawMessage(raw)).accounts
	}
	aws := `{aws: {region: x, auth: {jwt: {serviceAccountRef: {name: reader, namespace: other}}}}}`
	assert.Equal(t, []types.NamespacedName{name("shop", "reader")}, read(kindStore, "shop", aws), "a SecretStore keeps to its namespace")
	assert.Equal(t, []types.NamespacedName{name("other", "reader")}, read(kindClusterStore, `""`, aws))
	assert.Equal(t, []types.NamespacedName{name("", "k")}, read(kindClusterStore, `""`, `{kubernetes: {auth: {serviceAccount: {name: k}}}}`), "that of the ExternalSecret's namespace")
	assert.Empty(t, read(kindStore, "shop", `{aws: {auth: {jwt: {serviceAccountToken: ""}}}}`))
	assert.Empty(t, read(kindStore, "shop", `[what, ever]`))
}

func TestAStoreThatCannotBeReadIsNoneTheLess(t *testing.T) {
	read := storeOf(kindStore, json.RawMessage(`{"metadata":{"name":"s","namespace":"shop"},"spec":{"controller":"c","conditions":"text"}}`))
	assert.Equal(t, name("shop", "s"), read.NamespacedName)
	assert.Equal(t, "c", read.class)
}

func TestWordsOfOthersAreQuotedForAShell(t *testing.T) {
	for text, want := range map[string]string{
		"batch": "batch", "system:serviceaccount:a:b": "system:serviceaccount:a:b", "": "''",
		"a b": "'a b'", "$(reboot)": "'$(reboot)'", "it's": `'it'\''s'`, "a\x1b[2J": "'a [2J'", "a;b": "'a;b'",
	} {
		assert.Equal(t, want, quote(text))
	}
}

func TestAListThatIsForbiddenEverywhereIsTriedWhereThingsUsuallyAre(t *testing.T) {
	var asked []string
	list := func(namespace string) ([]string, error) {
		asked = append(asked, namespace)
		if namespace == "mine" {
			return []string{"it"}, nil
		}
		return nil, forbidden("deployments")
	}
	read := somewhere(list, "usual", "mine", "mine", "")
	assert.Equal(t, []string{"it"}, read.value)
	require.Error(t, read.err, "there may be more")
	assert.Equal(t, []string{"", "usual", "mine"}, asked)
}
