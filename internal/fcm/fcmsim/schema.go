package fcmsim

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// decodeSlowly reads what decodeStrictly gave up on: rare things, names in
// lowerCamelCase, which proto3's JSON takes as well, or a body with mistakes,
// each of which it names as Google's JSON layer does: without an FcmError.
func (r *sendRequest) decodeSlowly(body []byte) *answer {
	var tree any
	if err := json.Unmarshal(body, &tree); err != nil {
		return badJSON(violation{Description: "Invalid JSON payload received. " + err.Error()})
	}
	if found := conform(tree, reflect.TypeFor[sendRequest](), ""); len(found) > 0 {
		return badJSON(found...)
	}
	renamed, err := json.Marshal(tree)
	if err == nil {
		err = json.Unmarshal(renamed, r)
	}
	if err != nil {
		*r = sendRequest{}
		return badJSON(violation{Description: "Invalid JSON payload received. " + err.Error()})
	}
	return nil
}

// conform walks value, which should be of type t, changes lowerCamelCase names
// to those of t, and returns what doesn't fit. path is where value stands.
func conform(value any, t reflect.Type, path string) []violation {
	if value == nil || t == reflect.TypeFor[free]() {
		return nil
	}
	switch t.Kind() {
	case reflect.Pointer:
		return conform(value, t.Elem(), path)
	case reflect.Struct:
		if object, ok := value.(map[string]any); ok {
			return conformStruct(object, t, path)
		}
		return misfit(value, "type.googleapis.com/google.firebase.fcm.v1."+t.Name(), path)
	case reflect.Map:
		object, ok := value.(map[string]any)
		if !ok {
			return misfit(value, "Map", path)
		}
		var found []violation
		for i, key := range slices.Sorted(maps.Keys(object)) {
			found = append(found, conform(object[key], t.Elem(), fmt.Sprintf("%s[%d].value", path, i))...)
		}
		return found
	case reflect.Slice:
		list, ok := value.([]any)
		if !ok {
			return misfit(value, "List", path)
		}
		var found []violation
		for i, one := range list {
			found = append(found, conform(one, t.Elem(), fmt.Sprintf("%s[%d]", path, i))...)
		}
		return found
	case reflect.String:
		if _, ok := value.(string); !ok {
			return misfit(value, "TYPE_STRING", path)
		}
	case reflect.Bool:
		if _, ok := value.(bool); !ok {
			return misfit(value, "TYPE_BOOL", path)
		}
	case reflect.Int:
		if number, ok := value.(float64); !ok || number != float64(int32(number)) {
			return misfit(value, "TYPE_INT32", path)
		}
	}
	return nil
}

func conformStruct(object map[string]any, t reflect.Type, path string) []violation {
	var found []violation
	for _, key := range slices.Sorted(maps.Keys(object)) {
		field, name := fieldNamed(t, key)
		if field == nil {
			found = append(found, unknownName(key, path))
			continue
		}
		child := object[key]
		if name != key {
			delete(object, key)
			object[name] = child
		}
		found = append(found, conform(child, field, strings.TrimPrefix(path+"."+name, "."))...)
	}
	return found
}

// fieldNamed returns the type and the wire name of the field of t that key
// names in either spelling, or nil.
func fieldNamed(t reflect.Type, key string) (reflect.Type, string) {
	for field := range t.Fields() {
		name := field.Tag.Get("json")
		if key == name || key == lowerCamel(name) {
			return field.Type, name
		}
	}
	return nil, ""
}

func lowerCamel(name string) string {
	first, rest, _ := strings.Cut(name, "_")
	for rest != "" {
		var word string
		word, rest, _ = strings.Cut(rest, "_")
		first += strings.ToUpper(word[:1]) + word[1:]
	}
	return first
}

func unknownName(key, path string) violation {
	at := ""
	if path != "" {
		at = " at '" + path + "'"
	}
	return violation{path, fmt.Sprintf("Invalid JSON payload received. Unknown name %q%s: Cannot find field.", key, at)}
}

func misfit(value any, want, path string) []violation {
	raw, _ := json.Marshal(value) // it came from JSON
	return []violation{{path, fmt.Sprintf("Invalid value at '%s' (%s), %s", path, want, raw)}}
}
