package slack

import (
	"context"
	"time"
)

// Fit is what every text leaf goes through.
var Fit = fit

// Link is how an address stands in mrkdwn.
var Link = link

// CallGate returns the way through the gate of a method.
func CallGate(perMinute int) func(context.Context) error {
	return newGates(time.Second, perMinute).method("chat.update").pass
}

// PostGate returns the way through the gate of a channel.
func PostGate(every time.Duration) func(context.Context) error {
	return newGates(every, 0).channel("C1").pass
}
