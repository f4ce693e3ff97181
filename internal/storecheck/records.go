package storecheck

import (
	"context"
	"strings"
	"time"

	"pushstream/internal/push"
	"pushstream/internal/pushlog"
)

// checkRecords reads every record, and checks that it is in the partition that
// its id hashes to, and is one that ended and says how.
func (c *check) checkRecords(ctx context.Context) error {
	hashes, err := c.hashes(ctx, c.of[recordKey])
	if err != nil {
		return err
	}
	for i, key := range c.of[recordKey] {
		base, id, _ := strings.Cut(key, ":record:")
		if p := c.keys.Of(id); p.Base != base {
			c.fault("the record of %s is in %s, its partition is %s", id, base, p.Base)
			if c.records[id] != nil {
				continue // the one in its place counts
			}
		}
		c.checkRecord(id, hashes[i])
	}
	return nil
}

// checkRecord checks one record, and notes it.
func (c *check) checkRecord(id string, r Record) {
	c.records[id] = r
	if c.onlyPacked {
		return
	}
	if !r.Status().Terminal() {
		c.fault("%s is %q", id, r.Status())
		return
	}
	if yn := r[pushlog.FieldFCMSendYN]; (yn == "Y") != (r.Status() == push.Sent) || yn != "Y" && yn != "N" {
		c.fault("%s is %s and has fcm_send_yn %q", id, r.Status(), yn)
	}
	if r.Status() == push.Sent && r[pushlog.FieldResult] == "" || r.Status() == push.Failed && r[pushlog.FieldErrorCode] == "" {
		c.fault("%s does not say what became of it: %v", id, r)
	}
	c.checkFingerprint(id, r)
}

// checkFingerprint: the fingerprint of a record is that of its fields. What had a reserved
// time is left out: it may have been moved, and the firm's zone is not known here.
func (c *check) checkFingerprint(id string, r Record) {
	print := r[pushlog.FieldFingerprint]
	if print == "" || r[push.FieldSndnRsevHour] != "" {
		return
	}
	fields := map[string]string{}
	for _, name := range push.Fields() {
		fields[name] = r[name]
	}
	j, err := push.FromFields(fields, time.UTC)
	if err != nil {
		c.fault("%s holds no job: %v", id, err)
	} else if is := j.Fingerprint(); is != print {
		c.fault("%s has the fingerprint %s, its fields have %s", id, print, is)
	}
}
