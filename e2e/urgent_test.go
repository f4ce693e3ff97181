package e2e

import (
	"fmt"
	"testing"

	"pushstream/internal/fcm/fcmsim"
	"pushstream/internal/push"
)

// TestUrgentOvertakes: an urgent push that comes when many normal ones wait is
// sent before most of them, however few places a consumer has.
func TestUrgentOvertakes(t *testing.T) {
	for _, concurrency := range []string{"1", "2"} {
		t.Run("concurrency "+concurrency, func(t *testing.T) {
			s := setup(t, options{sim: fcmsim.Config{Latency: fcmsim.Latency{FixedMS: 30}}})
			c := s.consumer("consumer", "CONSUMER_CONCURRENCY="+concurrency)
			const n = 400
			s.load(jobs("normal", n, nil))
			s.simulated(5)
			for i, how := range []string{"producer send", "an entry by hand"} {
				waiting := n - s.sim.Stats().AcceptedIDs + int64(i)
				id := fmt.Sprintf("urgent-%d", i)
				if i == 0 {
					s.run("producer", "send", "--id", id, "--device-id", "token", "--title", "private", "--urgent")
				} else {
					s.xadd("push:{0}:jobs:urgent", "id", id, "device_id", "token", "msg_title", "private")
				}
				s.reaches(id, push.Sent)
				// Those that the simulator has by now, the urgent ones aside, came before it.
				if left := n - s.sim.Stats().AcceptedIDs + int64(i+1); left < waiting/2 {
					t.Errorf("%s: of %d normal pushes that waited, only %d are behind the urgent one", how, waiting, left)
				}
			}
			c.stop() // the rest stays
		})
	}
}
