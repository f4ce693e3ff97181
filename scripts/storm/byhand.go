package main

import (
	"context"
	"encoding/json"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"pushstream/internal/push"
)

// byHand XADDs whole jobs, as any client may. A job whose XADD was not
// answered is added again: its id is accepted once.
func (l *load) byHand(ctx, giveUp context.Context) {
	var under sync.WaitGroup
	defer under.Wait()
	pace(ctx, l.rate*shareByHand, func() int { return 1 }, func(n, _ int) {
		j := job("hand", n)
		l.begin(1)
		lane := lanes[0]
		if n%3 == 0 {
			lane = lanes[1]
		}
		for {
			err := l.rdb.XAdd(giveUp, &redis.XAddArgs{Stream: lane, Values: entry(j)}).Err()
			if err == nil {
				l.note(j)
				if n%contradictByHand == contradictByHand-1 {
					under.Go(func() { l.contradictByHand(giveUp, j, lane) })
				}
				return
			}
			if !sleep(giveUp, 100*time.Millisecond) {
				return
			}
		}
	})
}

// entry is a job as the fields of a stream entry. Empty ones count as absent.
func entry(j push.Job) []string {
	data := ""
	if len(j.Data) > 0 {
		text, err := json.Marshal(j.Data)
		if err != nil {
			panic(err) // texts
		}
		data = string(text)
	}
	return []string{
		push.FieldID, j.ID, push.FieldDeviceID, j.DeviceID, push.FieldMsgTitle, j.MsgTitle, push.FieldMsgContents, j.MsgContents,
		push.FieldCsno, j.Csno, push.FieldUUIDID, j.UUIDID, push.FieldServiceName, j.ServiceName, push.FieldPushGrpID, j.PushGrpID,
		push.FieldCustTelno, j.CustTelno, push.FieldData, data, push.FieldSndnRsevHour, j.SndnRsevHour,
		push.FieldPriority, string(j.Priority), push.FieldTTL, strconv.Itoa(j.TTL),
	}
}
