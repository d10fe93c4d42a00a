package engine

import (
	"bytes"
	"fmt"
	"reflect"
)

// The limits of an Engine. A step is the work of about a microsecond: an action, a function call, some bytes of arguments or of what a
// function makes of less.
const (
	maxSteps    = 1_000_000
	bytesInStep = 128
	// maxValue is the limit for what a function takes or gives, in bytes: twice what a Secret can hold.
	maxValue = 2 << 20
	// maxOutput is the limit for all that is rendered, in bytes.
	maxOutput = 4 << 20
	// maxItems is the limit for the items of a list, and the characters of a random text, that a function makes.
	maxItems = 100_000
	// maxCalls is how deep templates can call templates.
	maxCalls = 200
	// maxNesting is how deep lists and dicts can nest. It stops those that contain themselves.
	maxNesting = 64
)

// What the parts of a value weigh besides their text, in bytes.
const (
	itemWeight  = 16
	entryWeight = 48
)

// budget is what the templates of one Engine have left, together.
type budget struct {
	steps  int // taken
	output int // bytes written
	depth  int // templates within templates
}

// spend takes steps.
func (b *budget) spend(steps int) error {
	if steps < 0 || steps > maxSteps-b.steps {
		b.steps = maxSteps
		return problem("the templates take too much work: loop over less, or make fewer keys and hashes")
	}
	b.steps += steps
	return nil
}

// output collects what a template writes.
type output struct {
	budget *budget
	text   bytes.Buffer
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	if o.budget.output += len(p); o.budget.output > maxOutput {
		return 0, problem(fmt.Sprintf("the templates give more than %d bytes", maxOutput))
	}
	return o.text.Write(p)
}

// guard wraps a template function so that a call pays for the work it makes, and neither takes nor gives a value that is
// larger than maxValue or contains itself.
func (b *budget) guard(name string, function any) any {
	if function == nil {
		return nil // a builtin of text/template
	}
	inner := reflect.ValueOf(function)
	of := inner.Type()
	in := make([]reflect.Type, of.NumIn())
	for i := range in {
		in[i] = of.In(i)
	}
	out := []reflect.Type{of.Out(0), reflect.TypeFor[error]()}
	call := inner.Call
	if of.IsVariadic() {
		call = inner.CallSlice
	}
	return reflect.MakeFunc(reflect.FuncOf(in, out, of.IsVariadic()), func(args []reflect.Value) []reflect.Value {
		size, err := weigh(args...)
		if err == nil {
			err = refuse(name, args)
		}
		if err == nil {
			err = b.spend(cost(name, args, size))
		}
		if err != nil {
			return []reflect.Value{reflect.Zero(out[0]), reflect.ValueOf(&err).Elem()}
		}
		results := call(args)
		if len(results) == 1 {
			results = append(results, reflect.Zero(out[1]))
		}
		made, err := weigh(results[0])
		if err == nil {
			err = b.spend(max(made-size, 0) / bytesInStep)
		}
		if err != nil {
			return []reflect.Value{reflect.Zero(out[0]), reflect.ValueOf(&err).Elem()}
		}
		return results
	}).Interface()
}

// weigh sums up the size of values, in bytes. It stops as soon as they are too large.
func weigh(values ...reflect.Value) (int, error) {
	total := 0
	for _, value := range values {
		if err := add(&total, value, 0); err != nil {
			return 0, err
		}
	}
	return total, nil
}

func add(total *int, v reflect.Value, depth int) error {
	if depth > maxNesting {
		return problem(fmt.Sprintf("a list or dict nests more than %d deep, or contains itself", maxNesting))
	}
	switch v.Kind() {
	case reflect.String:
		*total += v.Len()
	case reflect.Slice, reflect.Array:
		*total += v.Len() * itemWeight
		for i := 0; i < v.Len() && *total <= maxValue; i++ {
			if err := add(total, v.Index(i), depth+1); err != nil {
				return err
			}
		}
	case reflect.Map:
		*total += v.Len() * entryWeight
		for entries := v.MapRange(); *total <= maxValue && entries.Next(); {
			for _, part := range []reflect.Value{entries.Key(), entries.Value()} {
				if err := add(total, part, depth+1); err != nil {
					return err
				}
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if err := add(total, v.Field(i), depth+1); err != nil {
				return err
			}
		}
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			return add(total, v.Elem(), depth+1)
		}
	default: // of a fixed size
	}
	if *total > maxValue {
		return problem(fmt.Sprintf("a value is larger than %d bytes", maxValue))
	}
	return nil
}
