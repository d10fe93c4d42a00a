package manifests

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
)

// afterLinger is what a run that lingers has to start and to end.
const afterLinger = 30 * time.Second

// workload puts the options into the CronJob.
func (o *Options) workload(job *batchv1.CronJob) {
	job.Namespace = o.Namespace
	if o.Schedule != "" {
		job.Spec.Schedule = o.Schedule
	}
	if o.TimeZone != "" {
		job.Spec.TimeZone = &o.TimeZone
	}
	spec := &job.Spec.JobTemplate.Spec
	deadline := o.ActiveDeadline
	if o.Linger > 0 {
		deadline = o.Linger + afterLinger
	}
	if deadline > 0 {
		seconds := int64(deadline / time.Second)
		spec.ActiveDeadlineSeconds = &seconds
	}
	if o.Shards > 1 {
		index(spec, int32(o.Shards)) //nolint:gosec // no cluster has as many Pods
	}
	container := &spec.Template.Spec.Containers[0]
	if o.Image != "" {
		container.Image = o.Image
	}
	container.Args = append(container.Args, o.args()...)
	for _, name := range slices.Sorted(maps.Keys(o.Env)) {
		container.Env = append(container.Env, corev1.EnvVar{Name: name, Value: o.Env[name]})
	}
}

// index gives each shard a Pod of an Indexed Job. A shard in which ExternalSecrets failed must not end the others.
func index(spec *batchv1.JobSpec, shards int32) {
	mode := batchv1.IndexedCompletion
	spec.CompletionMode, spec.Completions, spec.Parallelism = &mode, &shards, &shards
	spec.BackoffLimit, spec.BackoffLimitPerIndex = nil, spec.BackoffLimit
	for i := range spec.PodFailurePolicy.Rules {
		rule := &spec.PodFailurePolicy.Rules[i]
		if rule.OnExitCodes != nil && slices.Contains(rule.OnExitCodes.Values, exitSomeFailed) {
			rule.Action = batchv1.PodFailurePolicyActionFailIndex
		}
	}
}

// exitSomeFailed is the runner's exit code when it could sync some ExternalSecrets only.
const exitSomeFailed = 1

// args are the flags for the options.
func (o *Options) args() []string {
	var args []string
	if len(o.Scope) > 0 {
		args = append(args, "--namespaces="+strings.Join(o.Scope, ","))
	}
	if o.ControllerClass != "" {
		args = append(args, "--controller-class="+o.ControllerClass)
	}
	if o.Shards > 1 {
		args = append(args, fmt.Sprintf("--shards=%d", o.Shards))
	}
	if o.Linger > 0 {
		args = append(args, fmt.Sprintf("--linger=%ds", o.Linger/time.Second))
	}
	return append(args, o.Args...)
}
