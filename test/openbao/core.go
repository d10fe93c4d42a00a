package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/go-hclog"
	"github.com/openbao/openbao/builtin/credential/approle"
	kubernetes "github.com/openbao/openbao/builtin/credential/kubernetes"
	"github.com/openbao/openbao/builtin/credential/userpass"
	"github.com/openbao/openbao/builtin/logical/kv"
	"github.com/openbao/openbao/helper/namespace"
	"github.com/openbao/openbao/sdk/v2/helper/consts"
	"github.com/openbao/openbao/sdk/v2/logical"
	"github.com/openbao/openbao/sdk/v2/physical/inmem"
	"github.com/openbao/openbao/vault"
)

// registry is what of OpenBao's plugins is compiled in.
type registry map[consts.PluginType]map[string]logical.Factory

func plugins() registry {
	return registry{
		consts.PluginTypeCredential: {"approle": approle.Factory, "kubernetes": kubernetes.Factory, "userpass": userpass.Factory},
		consts.PluginTypeSecrets:    {"kv": kv.Factory},
	}
}

// Contains implements vault.BuiltinRegistry.
func (r registry) Contains(name string, kind consts.PluginType) bool { return r[kind][name] != nil }

// Get implements vault.BuiltinRegistry.
func (r registry) Get(name string, kind consts.PluginType) (func() (interface{}, error), bool) {
	factory, ok := r[kind][name]
	return func() (interface{}, error) { return factory, nil }, ok
}

// Keys implements vault.BuiltinRegistry.
func (r registry) Keys(kind consts.PluginType) []string {
	var names []string
	for name := range r[kind] {
		names = append(names, name)
	}
	return names
}

// DeprecationStatus implements vault.BuiltinRegistry.
func (r registry) DeprecationStatus(name string, kind consts.PluginType) (consts.DeprecationStatus, bool) {
	return consts.Supported, r.Contains(name, kind)
}

// IsBuiltinEntPlugin implements vault.BuiltinRegistry.
func (registry) IsBuiltinEntPlugin(string, consts.PluginType) bool { return false }

// start makes a core, opens it, and gives it a root token and two mounts of the key-value engine.
func start(url, root string, log hclog.Logger) (*vault.Core, error) {
	storage, err := inmem.NewInmem(nil, log)
	if err != nil {
		return nil, fmt.Errorf("make the storage: %w", err)
	}
	known := plugins()
	core, err := vault.NewCore(&vault.CoreConfig{
		Physical: storage, BuiltinRegistry: known, Logger: log, RedirectAddr: url,
		LogicalBackends: known[consts.PluginTypeSecrets], CredentialBackends: known[consts.PluginTypeCredential],
	})
	if err != nil {
		return nil, fmt.Errorf("make the core: %w", err)
	}
	ctx := namespace.RootContext(context.Background())
	keys, err := core.Initialize(ctx, &vault.InitParams{BarrierConfig: &vault.SealConfig{SecretShares: 1, SecretThreshold: 1}})
	if err != nil {
		return nil, fmt.Errorf("initialize: %w", err)
	}
	if open, err := core.Unseal(keys.SecretShares[0]); err != nil || !open {
		return nil, errors.Join(errors.New("it stays sealed"), err)
	}
	for _, step := range []struct {
		path string
		data map[string]interface{}
	}{
		{"auth/token/create", map[string]interface{}{"id": root, "policies": []string{"root"}, "no_parent": true, "no_default_policy": true}},
		{"sys/mounts/secret", map[string]interface{}{"type": "kv", "options": map[string]string{"version": "2"}}},
		{"sys/mounts/kv", map[string]interface{}{"type": "kv", "options": map[string]string{"version": "1"}}},
	} {
		answer, err := core.HandleRequest(ctx, &logical.Request{
			ID: "start", Operation: logical.UpdateOperation, ClientToken: keys.RootToken, Path: step.path, Data: step.data,
		})
		if err == nil && answer != nil {
			err = answer.Error()
		}
		if err != nil {
			return nil, fmt.Errorf("prepare %s: %w", step.path, err)
		}
	}
	return core, nil
}
