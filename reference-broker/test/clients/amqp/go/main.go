// amqp091-go against a broker: see ../cases.ts for what each case does.
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

const (
	settle    = 500 * time.Millisecond
	poll      = 20 * time.Millisecond
	pollLimit = 10 * time.Second
)

type facts map[string]any

var (
	host, port, tlsPort, authority string
	connection                     *amqp.Connection
)

func main() {
	host, port, tlsPort, authority = os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	show(facts{"client": "amqp091-go", "version": version()})
	connection = must(amqp.Dial("amqp://guest:guest@" + host + ":" + port + "/"))
	for _, one := range []struct {
		name string
		run  func(string) facts
	}{
		{"topology", topology},
		{"confirms", confirms},
		{"consume", consume},
		{"requeue", requeue},
		{"deadLetter", deadLetter},
		{"expiry", expiry},
		{"properties", properties},
		{"get", getCase},
		{"large", large},
		{"tls", tlsCase},
	} {
		show(outcome(one.name, one.run))
	}
	connection.Close()
}

func outcome(name string, run func(string) facts) (line facts) {
	defer func() {
		if failure := recover(); failure != nil {
			line = facts{"case": name, "error": fmt.Sprint(failure)}
		}
	}()
	return facts{"case": name, "facts": run(os.Args[5] + "." + name)}
}

func topology(name string) facts {
	channel := open()
	source, target := name+".source", name+".target"
	check(channel.ExchangeDeclare(source, "topic", true, false, false, false, nil))
	check(channel.ExchangeDeclare(target, "fanout", true, false, false, false, nil))
	must(channel.QueueDeclare(name, true, false, false, false, nil))
	check(channel.ExchangeBind(target, "order.*.created", source, false, nil))
	check(channel.QueueBind(name, "", target, false, nil))
	publish(channel, source, "order.eu.created", "routed")
	publish(channel, source, "order.eu.deleted", "dropped")
	routed := string(get(channel, name).Body)
	unnamed := must(channel.QueueDeclare("", false, false, true, false, nil))
	_, err := open().QueueDeclarePassive(name+".missing", true, false, false, false, nil)
	var missing *amqp.Error
	errors.As(err, &missing)
	check(channel.ExchangeUnbind(target, "order.*.created", source, false, nil))
	publish(channel, source, "order.eu.created", "unbound")
	var afterUnbind any
	if message, ok, err := channel.Get(name, false); err != nil {
		panic(err)
	} else if ok {
		afterUnbind = string(message.Body)
	}
	must(channel.QueueDelete(name, false, false, false))
	check(channel.ExchangeDelete(source, false, false))
	check(channel.ExchangeDelete(target, false, false))
	return facts{
		"routed": routed, "serverNamed": strings.HasPrefix(unnamed.Name, "amq.gen-"),
		"missing": missing.Code, "afterUnbind": afterUnbind,
	}
}

func confirms(name string) facts {
	channel := open()
	must(channel.QueueDeclare(name, true, false, false, false, amqp.Table{"x-max-length": 100, "x-overflow": "reject-publish"}))
	check(channel.Confirm(false))
	confirmations := channel.NotifyPublish(make(chan amqp.Confirmation, 200))
	returns := channel.NotifyReturn(make(chan amqp.Return, 1))
	persistent := amqp.Publishing{DeliveryMode: amqp.Persistent, Body: []byte("x")}
	for range 101 {
		check(channel.Publish("", name, false, false, persistent))
	}
	confirmed, nacked := 0, 0
	for range 101 {
		if receive(confirmations).Ack {
			confirmed++
		} else {
			nacked++
		}
	}
	check(channel.Publish("", name+".nowhere", true, false, persistent))
	returned := receive(returns).ReplyCode
	receive(confirmations)
	return facts{"confirmed": confirmed, "nacked": nacked, "returned": returned, "count": countOf(channel, name)}
}

func consume(name string) facts {
	channel := open()
	declare(channel, name, nil)
	for i := range 10 {
		publish(channel, "", name, strconv.Itoa(i))
	}
	check(channel.Qos(3, 0, false))
	deliveries := must(channel.Consume(name, "", false, false, false, false, nil))
	var bodies []string
	var third amqp.Delivery
	for len(bodies) < 3 {
		third = receive(deliveries)
		bodies = append(bodies, string(third.Body))
	}
	beforeAck := 3
	select {
	case early := <-deliveries:
		bodies = append(bodies, string(early.Body))
		beforeAck++
	case <-time.After(settle):
	}
	check(third.Ack(true))
	for len(bodies) < 10 {
		delivery := receive(deliveries)
		bodies = append(bodies, string(delivery.Body))
		check(delivery.Ack(false))
	}
	check(channel.Close())
	return facts{"beforeAck": beforeAck, "bodies": bodies, "left": countOf(open(), name)}
}

func requeue(name string) facts {
	var seen [][]any
	take := func(channel *amqp.Channel) amqp.Delivery {
		message := get(channel, name)
		seen = append(seen, []any{string(message.Body), message.Redelivered})
		return message
	}
	channel := open()
	declare(channel, name, nil)
	publish(channel, "", name, "a")
	publish(channel, "", name, "b")
	check(take(channel).Nack(false, true))
	check(take(channel).Reject(false))
	take(channel)
	check(channel.Close())
	channel = open()
	check(take(channel).Ack(false))
	return facts{"seen": seen, "left": countOf(channel, name)}
}

func deadLetter(name string) facts {
	channel := open()
	exchange, dead := name+".exchange", name+".dead"
	check(channel.ExchangeDeclare(exchange, "direct", false, false, false, false, nil))
	declare(channel, dead, nil)
	check(channel.QueueBind(dead, "dead", exchange, false, nil))
	declare(channel, name, amqp.Table{"x-dead-letter-exchange": exchange, "x-dead-letter-routing-key": "dead"})
	send(channel, name, amqp.Publishing{Headers: amqp.Table{"kept": "yes"}, Body: []byte("poison")})
	check(get(channel, name).Reject(false))
	message := get(channel, dead)
	var deaths []facts
	for _, entry := range message.Headers["x-death"].([]any) {
		death := entry.(amqp.Table)
		deaths = append(deaths, facts{
			"queue": death["queue"], "reason": death["reason"], "exchange": death["exchange"],
			"routingKeys": death["routing-keys"], "count": death["count"],
		})
	}
	return facts{
		"body": string(message.Body), "exchange": message.Exchange, "routingKey": message.RoutingKey,
		"kept": message.Headers["kept"], "deaths": deaths, "first": facts{
			"queue":    message.Headers["x-first-death-queue"],
			"reason":   message.Headers["x-first-death-reason"],
			"exchange": message.Headers["x-first-death-exchange"],
		},
	}
}

func expiry(name string) facts {
	channel := open()
	each, dead := name+".each", name+".dead"
	declare(channel, dead, nil)
	declare(channel, name, amqp.Table{
		"x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead, "x-message-ttl": 100,
	})
	declare(channel, each, amqp.Table{"x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead})
	publish(channel, "", name, "by-queue")
	send(channel, each, amqp.Publishing{Expiration: "100", Body: []byte("by-message")})
	seen := facts{}
	for range 2 {
		message := get(channel, dead)
		death := message.Headers["x-death"].([]any)[0].(amqp.Table)
		// This client does not tell an absent property from an empty one.
		var expiration any
		if message.Expiration != "" {
			expiration = message.Expiration
		}
		seen[string(message.Body)] = facts{
			"queue": death["queue"], "reason": death["reason"],
			"expiration": expiration, "originalExpiration": death["original-expiration"],
		}
	}
	return seen
}

func properties(name string) facts {
	channel := open()
	declare(channel, name, nil)
	send(channel, name, amqp.Publishing{
		ContentType: "text/plain", ContentEncoding: "identity", DeliveryMode: 2, Priority: 5,
		CorrelationId: "correlation", ReplyTo: "reply", Expiration: "60000", MessageId: "id",
		Timestamp: time.Unix(1_700_000_000, 0), Type: "kind", UserId: "guest", AppId: "app",
		Headers: amqp.Table{
			"text": "é", "int": int32(42), "negative": int32(-7), "long": int64(1_099_511_627_776), "double": 1.5,
			"yes": true, "no": false, "nothing": nil, "nested": amqp.Table{"a": amqp.Table{"b": "c"}},
			"list": []any{"x", int32(1), true},
		},
		Body: []byte("påyload"),
	})
	seen := get(channel, name)
	return facts{
		"contentType": seen.ContentType, "contentEncoding": seen.ContentEncoding, "headers": seen.Headers,
		"deliveryMode": seen.DeliveryMode, "priority": seen.Priority, "correlationId": seen.CorrelationId,
		"replyTo": seen.ReplyTo, "expiration": seen.Expiration, "messageId": seen.MessageId,
		"timestamp": seen.Timestamp.Unix(), "type": seen.Type, "userId": seen.UserId, "appId": seen.AppId,
		"body": string(seen.Body),
	}
}

func getCase(name string) facts {
	channel := open()
	declare(channel, name, nil)
	_, found, err := channel.Get(name, false)
	check(err)
	for i := range 3 {
		publish(channel, "", name, strconv.Itoa(i))
	}
	message := get(channel, name)
	return facts{"empty": !found, "body": string(message.Body), "remaining": message.MessageCount}
}

func large(name string) facts {
	channel := open()
	declare(channel, name, nil)
	check(channel.Confirm(false))
	confirmations := channel.NotifyPublish(make(chan amqp.Confirmation, 1))
	body := make([]byte, 1_048_577)
	for i := range body {
		body[i] = byte(i % 251)
	}
	send(channel, name, amqp.Publishing{Body: body})
	receive(confirmations)
	got := get(channel, name).Body
	return facts{"bytes": len(got), "intact": bytes.Equal(got, body)}
}

func tlsCase(name string) facts {
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(must(os.ReadFile(authority)))
	url := "amqps://guest:guest@" + host + ":" + tlsPort + "/"
	secure := must(amqp.DialTLS(url, &tls.Config{RootCAs: trusted}))
	channel := must(secure.Channel())
	declare(channel, name, nil)
	publish(channel, "", name, "secret")
	body := string(get(channel, name).Body)
	check(secure.Close())
	refused := "accepted"
	if _, err := amqp.DialTLS(url, &tls.Config{}); err != nil {
		var unknown x509.UnknownAuthorityError
		refused = "refused"
		if !errors.As(err, &unknown) {
			refused = "other: " + err.Error()
		}
	}
	return facts{"body": body, "withoutAuthority": refused}
}

func open() *amqp.Channel { return must(connection.Channel()) }

func declare(channel *amqp.Channel, name string, arguments amqp.Table) {
	must(channel.QueueDeclare(name, false, false, false, false, arguments))
}

func publish(channel *amqp.Channel, exchange, key, body string) {
	check(channel.Publish(exchange, key, false, false, amqp.Publishing{Body: []byte(body)}))
}

func send(channel *amqp.Channel, queue string, message amqp.Publishing) {
	check(channel.Publish("", queue, false, false, message))
}

func countOf(channel *amqp.Channel, name string) int {
	return must(channel.QueueDeclarePassive(name, false, false, false, false, nil)).Messages
}

func get(channel *amqp.Channel, queue string) amqp.Delivery {
	for deadline := time.Now().Add(pollLimit); time.Now().Before(deadline); time.Sleep(poll) {
		message, found, err := channel.Get(queue, false)
		check(err)
		if found {
			return message
		}
	}
	panic("nothing came")
}

func receive[T any](from <-chan T) T {
	select {
	case value := <-from:
		return value
	case <-time.After(pollLimit):
		panic("nothing came")
	}
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		panic(fmt.Sprintf("%v\n%s", err, debug.Stack()))
	}
}

func show(line facts) {
	text, err := json.Marshal(line)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(text))
}

func version() string {
	if build, ok := debug.ReadBuildInfo(); ok {
		for _, dependency := range build.Deps {
			if dependency.Path == "github.com/rabbitmq/amqp091-go" {
				return dependency.Version
			}
		}
	}
	return "unknown"
}
