package realtime_test

import (
	"testing"

	"hawker/internal/platform/realtime"
	"hawker/internal/platform/realtime/realtimetest"
)

func TestMemory(t *testing.T) {
	realtimetest.Run(t, func(*testing.T) []realtime.Opener { return []realtime.Opener{realtime.Memory} })
}
