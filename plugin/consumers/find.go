package consumers

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	typedappsv1 "k8s.io/client-go/kubernetes/typed/apps/v1"
	typedbatchv1 "k8s.io/client-go/kubernetes/typed/batch/v1"
	typedv1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
)

// Clients list what may use Secrets.
type Clients struct {
	Core  typedv1.PodsGetter
	Apps  typedappsv1.AppsV1Interface
	Batch typedbatchv1.BatchV1Interface
}

// NewClients makes them.
func NewClients(config *rest.Config) (Clients, error) {
	core, err := typedv1.NewForConfig(config)
	if err != nil {
		return Clients{}, fmt.Errorf("make a client: %w", err)
	}
	apps, err := typedappsv1.NewForConfig(config)
	if err != nil {
		return Clients{}, fmt.Errorf("make a client: %w", err)
	}
	batch, err := typedbatchv1.NewForConfig(config)
	if err != nil {
		return Clients{}, fmt.Errorf("make a client: %w", err)
	}
	return Clients{Core: core, Apps: apps, Batch: batch}, nil
}

// Found are those who use one Secret, in the order of their names.
type Found struct {
	Pods      []Pod
	Workloads []Workload
}

// Trouble tells what could not be listed; the rest was.
type Trouble struct {
	// Pods and Workloads are nil where all was listed.
	Pods, Workloads error
}

// Find finds who uses Secrets of a namespace, by their names, of each of which is known when it last changed: nil if it is not. All
// kinds are listed once, whatever the number of Secrets.
func (c Clients) Find(ctx context.Context, namespace string, secrets map[string]*time.Time) (map[string]Found, Trouble) {
	named := make(map[types.NamespacedName]*time.Time, len(secrets))
	for name, changed := range secrets {
		named[types.NamespacedName{Namespace: namespace, Name: name}] = changed
	}
	all, trouble := c.FindAll(ctx, namespace, named)
	found := make(map[string]Found, len(all))
	for name, one := range all {
		found[name.Name] = one
	}
	return found, trouble
}

// FindAll is Find for the Secrets of all namespaces, where namespace is empty.
func (c Clients) FindAll(
	ctx context.Context, namespace string, secrets map[types.NamespacedName]*time.Time,
) (map[types.NamespacedName]Found, Trouble) {
	f := &finder{
		secrets: secrets, owners: map[types.UID]metav1.OwnerReference{},
		workloads: map[types.NamespacedName]map[string]*Workload{}, pods: map[types.NamespacedName][]usingPod{},
	}
	trouble := f.list(ctx, c, namespace)
	found := make(map[types.NamespacedName]Found, len(secrets))
	for name := range secrets {
		found[name] = f.result(name)
	}
	return found, trouble
}

// finder keeps of what is listed that which uses one of the Secrets.
type finder struct {
	secrets map[types.NamespacedName]*time.Time

	mu sync.Mutex
	// owners are the controllers of ReplicaSets and Jobs.
	owners map[types.UID]metav1.OwnerReference
	// workloads are by the Secret and their own name.
	workloads map[types.NamespacedName]map[string]*Workload
	pods      map[types.NamespacedName][]usingPod
}

// usingPod is a Pod that uses a Secret.
type usingPod struct {
	Pod
	owner *metav1.OwnerReference
}

// template takes in a workload whose Pods are made from a template.
func (f *finder) template(kind string, meta *metav1.ObjectMeta, template *corev1.PodTemplateSpec, more func(*Workload)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if owner := metav1.GetControllerOf(meta); owner != nil && (kind == ReplicaSet || kind == Job) {
		f.owners[meta.UID] = *owner // the one above counts, and its Pods, not a template that may be an old one
		return
	}
	for secretName, uses := range usesOf(&template.Spec) {
		name := types.NamespacedName{Namespace: meta.Namespace, Name: secretName}
		if _, wanted := f.secrets[name]; !wanted {
			continue
		}
		w := &Workload{Kind: kind, Group: apps, Name: meta.Name, UID: meta.UID, Uses: uses}
		if kind == Job || kind == CronJob {
			w.Group = batch
		}
		if more != nil {
			more(w)
		}
		w.mark(meta, &template.ObjectMeta)
		f.of(name)[w.String()] = w
	}
}

// of are the workloads that are known to use a Secret.
func (f *finder) of(name types.NamespacedName) map[string]*Workload {
	if f.workloads[name] == nil {
		f.workloads[name] = map[string]*Workload{}
	}
	return f.workloads[name]
}

func (f *finder) pod(pod *corev1.Pod) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for secretName, uses := range usesOf(&pod.Spec) {
		name := types.NamespacedName{Namespace: pod.Namespace, Name: secretName}
		if changed, wanted := f.secrets[name]; wanted {
			f.pods[name] = append(f.pods[name], usingPod{Pod: podOf(pod, uses, changed), owner: metav1.GetControllerOf(pod)})
		}
	}
}

// result puts together what was found about a Secret.
func (f *finder) result(name types.NamespacedName) Found {
	workloads := f.of(name)
	found := Found{Pods: []Pod{}, Workloads: []Workload{}}
	for _, pod := range f.pods[name] {
		if above := f.above(pod.owner); above != nil {
			pod.Workload = above.String()
			above.take(workloads, pod.Pod)
		}
		found.Pods = append(found.Pods, pod.Pod)
	}
	for _, w := range workloads {
		slices.Sort(w.Stale)
		found.Workloads = append(found.Workloads, *w)
	}
	slices.SortFunc(found.Pods, func(a, b Pod) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(found.Workloads, func(a, b Workload) int { return strings.Compare(a.String(), b.String()) })
	return found
}

// above is the workload that made a Pod, at the top of its controllers; nil for a Pod that has none.
func (f *finder) above(owner *metav1.OwnerReference) *Workload {
	const deepest = 8 // nothing keeps owners from being a circle
	for range deepest {
		if owner == nil {
			return nil
		}
		next, ok := f.owners[owner.UID]
		if !ok {
			break
		}
		owner = &next
	}
	if owner.Kind == "Node" {
		return nil // a static Pod, which is a file of its node
	}
	group, _ := schema.ParseGroupVersion(owner.APIVersion) // what can't be parsed is shown without
	return &Workload{Group: group.Group, Kind: owner.Kind, Name: owner.Name, UID: owner.UID}
}

// take counts a Pod to its workload, which is added to those that are known where its template did not tell that it uses the Secret:
// another kind's, or one that was changed on admission.
func (w *Workload) take(known map[string]*Workload, pod Pod) {
	if pod.Gone {
		return
	}
	if is, ok := known[w.String()]; ok {
		w = is
	} else {
		known[w.String()] = w
	}
	for _, use := range pod.Uses {
		if !slices.Contains(w.Uses, use) {
			w.Uses = append(w.Uses, use)
		}
	}
	w.Pods++
	if len(pod.Outdated) > 0 {
		w.Stale = append(w.Stale, pod.Name)
	}
}

// refusal sums up why kinds could not be listed; nil where all were.
func refusal(namespace string, failures map[string]error) error {
	var forbidden, other []string
	for resource, err := range failures {
		if apierrors.IsForbidden(err) {
			forbidden = append(forbidden, resource)
		} else {
			other = append(other, fmt.Sprintf("list %s: %v", resource, err))
		}
	}
	slices.Sort(forbidden)
	slices.Sort(other)
	if len(forbidden) > 0 {
		where := fmt.Sprintf("namespace %q", namespace)
		if namespace == "" {
			where = "all namespaces"
		}
		other = slices.Insert(other, 0, fmt.Sprintf("you may not list %s in %s (forbidden)", strings.Join(forbidden, ", "), where))
	}
	if len(other) == 0 {
		return nil
	}
	return fmt.Errorf("%s", strings.Join(other, "; "))
}
