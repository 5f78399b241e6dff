package limits_test

import (
	"fmt"
	"testing"
	"time"

	"upgradehub/statuspage/limits"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// TestEachHasItsOwn limit, which fills up again.
func TestEachHasItsOwn(t *testing.T) {
	l := limits.New(0.1, 2)
	for i, want := range []bool{true, true, false} {
		if got := l.Allow("a", noon); got != want {
			t.Errorf("try %d is allowed: %t, want %t", i, got, want)
		}
	}
	if !l.Spent("a", noon) || l.Spent("b", noon) || !l.Allow("b", noon) {
		t.Error("one pays for the other")
	}
	if l.Spent("a", noon.Add(10*time.Second)) || !l.Allow("a", noon.Add(10*time.Second)) || l.Allow("a", noon.Add(10*time.Second)) {
		t.Error("after ten seconds one more is not allowed, or two are")
	}
}

// TestManyKeys: however many strangers there are, a newcomer is not refused.
func TestManyKeys(t *testing.T) {
	l := limits.New(0.1, 1)
	for i := range 50_000 {
		if !l.Allow(fmt.Sprint(i), noon) {
			t.Fatalf("newcomer %d is refused", i)
		}
	}
}
