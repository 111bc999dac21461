// Package asyncapi describes the events that programs outside may read, in AsyncAPI 3.0:
// where RabbitMQ and Kafka have them, what travels beside them, and a schema of each
// payload that is made of its Go type. It knows no module; `app` says which events there
// are.
package asyncapi

import (
	"encoding/json"
	"path"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"hawker/internal/base/event"
	"hawker/internal/platform/events/amqp"
	"hawker/internal/platform/events/kafka"
	"hawker/internal/platform/schemadoc"
)

const (
	version  = "3.0.0"
	payloads = "#/components/schemas/"

	rabbitMQ  = "rabbitmq"
	kafkaName = "kafka"
)

const about = `What happened in a mall. Each event comes at least once: its id tells whether it was ` +
	`had before. Those of one key come in the order in which they happened. An event says what changed and where to ` +
	`look, not how the thing looks now. Members may be added: leave out what is not known. Other names than these are ` +
	`the mall's own: leave them out too, their form is promised to nobody.`

type object = map[string]any

// Describe gives the description as JSON, of the events that are published by a mall of
// that broker.name.
func Describe(broker string, published []event.Event) ([]byte, error) {
	schemas, err := schemasOf(published)
	if err != nil {
		return nil, err
	}
	channels, operations, messages, all := object{}, object{}, object{}, object{}
	for _, e := range published {
		name := e.EventName()
		schema, _ := schemas[nameOf(reflect.TypeOf(e), "")].(object)
		for _, over := range []string{rabbitMQ, kafkaName} {
			messages[over+"."+name] = message(name, over, schema, nameOf(reflect.TypeOf(e), ""))
		}
		all[name] = ref("#/components/messages/" + kafkaName + "." + name)
		channels[rabbitMQ+"."+name] = overRabbitMQ(broker, name)
		operations[rabbitMQ+"."+name] = sends(rabbitMQ + "." + name)
	}
	channels[kafkaName], operations[kafkaName] = overKafka(broker, all), sends(kafkaName)
	return json.MarshalIndent(object{
		"asyncapi": version, "defaultContentType": "application/json",
		"info": object{"title": "Hawker", "version": "1", "description": about},
		"servers": object{
			rabbitMQ:  server("amqp", "RabbitMQ 3.10 or newer, where broker.url is amqp:// or amqps://"),
			kafkaName: server("kafka", "Kafka, where broker.url is kafka:// or kafkas://"),
		},
		"channels": channels, "operations": operations,
		"components": object{"messages": messages, "messageTraits": traits(), "schemas": schemas},
	}, "", "  ")
}

func ref(to string) object { return object{"$ref": to} }

func server(protocol, text string) object {
	return object{
		"host": "{host}", "protocol": protocol, "description": text,
		"variables": object{"host": object{"description": "As in broker.url, with its port"}},
	}
}

func sends(channel string) object {
	return object{"action": "send", "channel": ref("#/channels/" + channel)}
}

// overRabbitMQ is where one event can be heard: at the exchange, under its name.
func overRabbitMQ(broker, name string) object {
	return object{
		"address": name, "servers": []any{ref("#/servers/" + rabbitMQ)},
		"description": "Bind a queue of your own to the exchange with this routing key.",
		"messages":    object{name: ref("#/components/messages/" + rabbitMQ + "." + name)},
		"bindings": object{"amqp": object{
			"is": "routingKey", "bindingVersion": "0.3.0",
			"exchange": object{"name": amqp.Exchange(broker), "type": "topic", "durable": true, "autoDelete": false},
		}},
	}
}

// overKafka is the topic where all events are.
func overKafka(broker string, messages object) object {
	topic := kafka.Topic(broker)
	return object{
		"address": topic, "servers": []any{ref("#/servers/" + kafkaName)}, "messages": messages,
		"description": "Read with a consumer group of your own; the header name says which event it is.",
		"bindings":    object{"kafka": object{"topic": topic, "partitions": kafka.Partitions, "bindingVersion": "0.5.0"}},
	}
}

// message is an event as a broker has it.
func message(name, over string, schema object, payload string) object {
	m := object{
		"name": name, "payload": ref(payloads + payload), "traits": []any{ref("#/components/messageTraits/" + over)},
	}
	if text, ok := schema["description"]; ok {
		m["summary"] = text
	}
	if over == rabbitMQ {
		m["bindings"] = object{"amqp": object{"messageType": name, "bindingVersion": "0.3.0"}}
	}
	return m
}

// traits are what travels beside an event.
func traits() object {
	text := func(what string) object { return object{"type": "string", "description": what} }
	at := object{
		"type": "string", "pattern": "^[0-9]+$", "description": "When it happened, in milliseconds since 1970",
	}
	key := text("What it concerns, in whose order it comes")
	trace := text("The step of a trace to which it belongs (W3C Trace Context), where one is recorded")
	return object{
		rabbitMQ: object{
			"contentType": "application/json",
			"description": "The property message_id is the event's id, type its name, content_type application/json.",
			"headers": object{
				"type": "object", "required": []string{"key", "at_ms", "try"},
				"properties": object{"key": key, "at_ms": at, "try": object{"type": "integer", "const": 1}, "traceparent": trace},
			},
		},
		kafkaName: object{
			"contentType": "application/json",
			"headers": object{
				"type": "object", "required": []string{"id", "name", "at_ms"},
				"properties": object{"id": text("The event's id"), "name": text("Its name"), "at_ms": at, "traceparent": trace},
			},
			"bindings": object{"kafka": object{"key": key, "bindingVersion": "0.5.0"}},
		},
	}
}

// schemasOf are those of the payloads and of what they consist of.
func schemasOf(published []event.Event) (object, error) {
	docs, err := schemadoc.Load()
	if err != nil {
		return nil, err
	}
	registry := huma.NewMapRegistry(payloads, nameOf)
	for _, e := range published {
		registry.Schema(reflect.TypeOf(e), true, "")
	}
	raw, err := json.Marshal(registry.Map())
	if err != nil {
		return nil, err
	}
	out := object{}
	if err := json.Unmarshal(raw, &out); err != nil {
		return nil, err
	}
	for name := range out {
		schema := out[name].(object)
		schemadoc.Complete(schema, registry.TypeFromRef(payloads+name), docs)
		delete(schema, "additionalProperties") // readers leave out what comes later
	}
	return out, nil
}

// nameOf is a type's name with that of its module, for several modules have a Closed.
func nameOf(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Name() == "" {
		return hint
	}
	return path.Base(t.PkgPath()) + "." + t.Name()
}
