package fcmsim

import "github.com/go-json-experiment/json"

// sendRequest is the body of messages:send, by the names that the SDK writes.
// https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages
type sendRequest struct {
	ValidateOnly bool    `json:"validate_only"`
	Message      message `json:"message"`
}

type message struct {
	// Pointers, because FCM minds a second target even if it is empty.
	Token     *string `json:"token"`
	Fid       *string `json:"fid"`
	Topic     *string `json:"topic"`
	Condition *string `json:"condition"`

	Name         string            `json:"name"` // output only, ignored
	Data         map[string]string `json:"data"`
	Notification notification      `json:"notification"`
	Android      android           `json:"android"`
	Webpush      webpush           `json:"webpush"`
	APNS         apns              `json:"apns"`
	FCMOptions   fcmOptions        `json:"fcm_options"`
}

type notification struct {
	Title string `json:"title"`
	Body  string `json:"body"`
	Image string `json:"image"`
}

type android struct {
	CollapseKey            string              `json:"collapse_key"`
	Priority               string              `json:"priority"`
	TTL                    string              `json:"ttl"`
	RestrictedPackageName  string              `json:"restricted_package_name"`
	Data                   map[string]string   `json:"data"`
	Notification           androidNotification `json:"notification"`
	FCMOptions             fcmOptions          `json:"fcm_options"`
	DirectBootOK           bool                `json:"direct_boot_ok"`
	BandwidthConstrainedOK bool                `json:"bandwidth_constrained_ok"`
	RestrictedSatelliteOK  bool                `json:"restricted_satellite_ok"`
}

type androidNotification struct {
	Title                 string   `json:"title"`
	Body                  string   `json:"body"`
	Icon                  string   `json:"icon"`
	Color                 string   `json:"color"`
	Sound                 string   `json:"sound"`
	Tag                   string   `json:"tag"`
	ClickAction           string   `json:"click_action"`
	BodyLocKey            string   `json:"body_loc_key"`
	BodyLocArgs           []string `json:"body_loc_args"`
	TitleLocKey           string   `json:"title_loc_key"`
	TitleLocArgs          []string `json:"title_loc_args"`
	ChannelID             string   `json:"channel_id"`
	Image                 string   `json:"image"`
	Ticker                string   `json:"ticker"`
	Sticky                bool     `json:"sticky"`
	EventTime             string   `json:"event_time"`
	LocalOnly             bool     `json:"local_only"`
	Priority              string   `json:"notification_priority"`
	VibrateTimings        []string `json:"vibrate_timings"`
	DefaultVibrateTimings bool     `json:"default_vibrate_timings"`
	DefaultSound          bool     `json:"default_sound"`
	LightSettings         free     `json:"light_settings"`
	DefaultLightSettings  bool     `json:"default_light_settings"`
	Visibility            string   `json:"visibility"`
	NotificationCount     int      `json:"notification_count"`
	Proxy                 string   `json:"proxy"`
}

type webpush struct {
	Headers      map[string]string `json:"headers"`
	Data         map[string]string `json:"data"`
	Notification free              `json:"notification"`
	FCMOptions   webpushOptions    `json:"fcm_options"`
}

type webpushOptions struct {
	Link           string `json:"link"`
	AnalyticsLabel string `json:"analytics_label"`
}

type apns struct {
	Headers           map[string]string `json:"headers"`
	Payload           free              `json:"payload"`
	FCMOptions        apnsOptions       `json:"fcm_options"`
	LiveActivityToken string            `json:"live_activity_token"`
}

type apnsOptions struct {
	AnalyticsLabel string `json:"analytics_label"`
	Image          string `json:"image"`
}

type fcmOptions struct {
	AnalyticsLabel string `json:"analytics_label"`
}

// free is an object that FCM hands on as it is.
type free struct{}

// UnmarshalJSON takes anything.
func (*free) UnmarshalJSON([]byte) error { return nil }

// id is what names a push across its tries: data.msg_id, else the Android
// tag, else nothing.
func (m *message) id() string {
	if id := m.Data["msg_id"]; id != "" {
		return id
	}
	return m.Android.Notification.Tag
}

// target is the token or installation id whose fate and script apply, or "".
func (m *message) target() string {
	switch {
	case m.Token != nil:
		return *m.Token
	case m.Fid != nil:
		return *m.Fid
	}
	return ""
}

// decode reads body into r. It returns what FCM's JSON layer has against it,
// or nil.
func (r *sendRequest) decode(body []byte) *answer {
	data := r.Message.Data // its room is used again
	clear(data)
	*r = sendRequest{}
	r.Message.Data = data

	if r.decodeStrictly(body) {
		return nil
	}
	*r = sendRequest{}
	return r.decodeSlowly(body)
}

// decodeStrictly decodes the JSON that clients really send in a fraction of the time of
// decodeSlowly. It gives up on an unknown name, another type, a name that stands twice,
// and a mistake; r is half full then.
func (r *sendRequest) decodeStrictly(body []byte) bool {
	return json.Unmarshal(body, r, json.RejectUnknownMembers(true)) == nil
}
