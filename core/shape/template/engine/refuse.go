package engine

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
)

// refuse stops a call of a Sprig function that would make much of little, or whose result would be an error's text: Sprig has
// that written into the Secret. args are as the function's signature has them.
func refuse(name string, args []reflect.Value) error {
	switch name {
	case "repeat": // count, text
		return fits(args[0].Int(), args[1].Len())
	case "indent", "nindent": // spaces, text
		return fits(args[0].Int(), strings.Count(args[1].String(), "\n")+1)
	case "replace": // old, new, text
		return fits(int64(strings.Count(args[2].String(), args[0].String())), args[1].Len())
	case "join": // separator, list
		return fits(length(args[1]), args[0].Len())
	case "wrapWith": // width, separator, text
		lines := int64(args[2].Len())/max(args[0].Int(), 1) + int64(strings.Count(args[2].String(), " "))
		return fits(lines, args[1].Len())
	case "split": // separator, text
		return few(int64(strings.Count(args[1].String(), args[0].String())))
	case "splitn": // separator, count, text
		return few(int64(strings.Count(args[2].String(), args[0].String())))
	case "randAlphaNum", "randAlpha", "randAscii", "randNumeric", "randBytes": // count
		return few(args[0].Int())
	case "until": // count
		return counts(0, args[0].Int(), 1)
	case "untilStep": // start, stop, step
		return counts(args[0].Int(), args[1].Int(), args[2].Int())
	case "seq": // end; or start, end; or start, step, end
		return sequence(args[0])
	case "fromYaml": // text
		return fits(2, args[0].Len())
	case "bcrypt": // password
		return password(args[0])
	case "genPrivateKey": // type
		return oneOf("key type", args[0], "", "rsa", "dsa", "ecdsa", "ed25519")
	case "derivePassword": // counter, type, password, user, site
		return oneOf("password type", args[1], "maximum", "long", "medium", "short", "basic", "pin")
	}
	return nil
}

// fits refuses to make count times size bytes where that is too much.
func fits(count int64, size int) error {
	if float64(count)*float64(size) > maxValue {
		return problem(fmt.Sprintf("it would make more than %d bytes", maxValue))
	}
	return nil
}

// few refuses to make a list or a random text that is too long.
func few(count int64) error {
	if count > maxItems {
		return problem(fmt.Sprintf("it would make more than %d items", maxItems))
	}
	return nil
}

func sequence(params reflect.Value) error {
	switch params.Len() {
	case 1:
		return counts(1, params.Index(0).Int(), 1)
	case 2:
		return counts(params.Index(0).Int(), params.Index(1).Int(), 1)
	case 3:
		return counts(params.Index(0).Int(), params.Index(2).Int(), params.Index(1).Int())
	}
	return nil
}

// counts refuses to count between two numbers where they are too far apart. Near the ends of an int, Sprig counts forever.
func counts(start, stop, step int64) error {
	for _, n := range []int64{start, stop, step} {
		if n > math.MaxInt32 || n < math.MinInt32 {
			return problem("it counts with numbers that are too large")
		}
	}
	if step == 0 {
		return nil
	}
	return few(max(stop-start, start-stop) / max(step, -step))
}

// length is the number of items of a list, and 1 for what is no list.
func length(list reflect.Value) int64 {
	for list.Kind() == reflect.Interface {
		list = list.Elem()
	}
	if list.Kind() == reflect.Slice || list.Kind() == reflect.Array {
		return int64(list.Len())
	}
	return 1
}

func password(text reflect.Value) error {
	if text.Len() > 72 {
		return problem("a password for bcrypt has at most 72 bytes")
	}
	return nil
}

func oneOf(what string, value reflect.Value, known ...string) error {
	if !slices.Contains(known, value.String()) {
		return problem(fmt.Sprintf("the %s is none of %s", what, strings.Trim(strings.Join(known, ", "), ", ")))
	}
	return nil
}
