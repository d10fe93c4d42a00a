package manifests

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"
)

// Render makes the objects to install, in the order in which they can be made: the Namespace, the CRDs, the service account and
// its rights, the CronJob. It has no effects and gives the same each time.
func Render(o Options) ([]unstructured.Unstructured, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	var (
		namespace corev1.Namespace
		account   corev1.ServiceAccount
		job       batchv1.CronJob
	)
	if err := errors.Join(
		decode("base/namespace.yaml", &namespace), decode("base/serviceaccount.yaml", &account), decode("base/cronjob.yaml", &job),
	); err != nil {
		return nil, err
	}
	namespace.Name = o.Namespace
	account.Namespace, account.Annotations = o.Namespace, o.ServiceAccountAnnotations
	o.workload(&job)
	rights, err := o.rights()
	if err != nil {
		return nil, err
	}
	objects, err := encode(&namespace)
	if err != nil {
		return nil, err
	}
	if o.WithCRDs {
		crds, err := definitions()
		if err != nil {
			return nil, err
		}
		objects = append(objects, crds...)
	}
	rest, err := encode(append(append([]any{&account}, rights...), &job)...)
	return append(objects, rest...), err
}

// definitions are the CRDs.
func definitions() ([]unstructured.Unstructured, error) {
	names, err := fs.Glob(CRDs, "crds/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list the CRDs: %w", err)
	}
	crds := make([]unstructured.Unstructured, len(names))
	for i, name := range names {
		content, err := CRDs.ReadFile(name)
		if err == nil {
			err = yaml.Unmarshal(content, &crds[i].Object)
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
	}
	return crds, nil
}

// decode reads the documents of a file.
func decode(name string, documents ...any) error {
	content, err := files.ReadFile(name)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	texts := strings.Split(string(content), "\n---\n")
	if len(texts) != len(documents) {
		return fmt.Errorf("read %s: it has %d documents, not %d", name, len(texts), len(documents))
	}
	for i, document := range documents {
		if err := yaml.UnmarshalStrict([]byte(texts[i]), document); err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
	}
	return nil
}

// encode turns typed objects into what a client applies: without a status, which is the server's.
func encode(typed ...any) ([]unstructured.Unstructured, error) {
	objects := make([]unstructured.Unstructured, len(typed))
	for i, object := range typed {
		content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
		if err != nil {
			return nil, fmt.Errorf("encode a %T: %w", object, err)
		}
		delete(content, "status")
		if _, ok := object.(*corev1.Namespace); ok {
			delete(content, "spec")
		}
		objects[i].Object = content
	}
	return objects, nil
}

// bind puts the runner's account into a binding's subjects.
func (o *Options) bind(subjects []rbacv1.Subject) {
	for i := range subjects {
		subjects[i].Namespace = o.Namespace
	}
}
