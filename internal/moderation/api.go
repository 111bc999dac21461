package moderation

import (
	"context"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/base/permission"
	"hawker/internal/platform/httpapi"
)

// People gives display names.
type People interface {
	DisplayNames(ctx context.Context, users []id.User) (map[id.User]string, error)
}

// API is the moderators' door.
type API struct {
	Service *Service
	People  People
}

// Register adds the operations.
func (h API) Register(api *httpapi.API) {
	moderate, base := httpapi.Staff(permission.LiveModerate), "/merchant/{shop}"
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-word-list", Method: "GET", Path: base + "/words",
		Access: moderate, Summary: "The shop's word list",
	}, h.words)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-word-create", Method: "POST", Path: base + "/words",
		Access: moderate, Status: 201, Summary: "Add a word",
	}, h.addWord)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-word-delete", Method: "DELETE", Path: base + "/words/{word}",
		Access: moderate, Status: 204, Summary: "Remove a word",
	}, h.removeWord)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-silence-list", Method: "GET", Path: base + "/silenced",
		Access: moderate, Summary: "Who may not speak or enter",
	}, h.silenced)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-silence-set", Method: "PUT", Path: base + "/silenced/{user}",
		Access: moderate, Status: 204, Summary: "Mute or ban somebody in the shop's rooms",
	}, h.silence)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-silence-delete", Method: "DELETE", Path: base + "/silenced/{user}",
		Access: moderate, Status: 204, Summary: "Let somebody speak and enter again",
	}, h.release)
	httpapi.Register(api, httpapi.Operation{
		ID: "admin-word-list", Method: "GET", Path: "/admin/words",
		Access: httpapi.OperatorOnly, Summary: "The platform's word list",
	}, h.platformWords)
	httpapi.Register(api, httpapi.Operation{
		ID: "admin-word-create", Method: "POST", Path: "/admin/words",
		Access: httpapi.OperatorOnly, Status: 201, Summary: "Add a word for all shops",
	}, h.addPlatformWord)
	httpapi.Register(api, httpapi.Operation{
		ID: "admin-word-delete", Method: "DELETE", Path: "/admin/words/{word}",
		Access: httpapi.OperatorOnly, Status: 204, Summary: "Remove a word",
	}, h.removePlatformWord)
}

// wordView is a word that a shop or the mall does not want to read, and what is done
// about it.
type wordView struct {
	ID     id.Word `json:"id"`
	Word   string  `json:"word"`
	Action string  `json:"action" enum:"mask,hold,refuse"`
}

func viewWord(w Word) wordView { return wordView{w.ID, w.Text, w.Action.String()} }

func (h API) list(ctx context.Context, shop id.Shop) (*httpapi.Body[page.List[wordView]], error) {
	words, err := h.Service.Words(ctx, shop)
	return httpapi.OK(page.Whole(words, viewWord), err)
}

func (h API) words(ctx context.Context, in *httpapi.ShopPath) (*httpapi.Body[page.List[wordView]], error) {
	return h.list(ctx, in.Shop)
}

func (h API) platformWords(ctx context.Context, _ *struct{}) (*httpapi.Body[page.List[wordView]], error) {
	return h.list(ctx, id.Shop{})
}

// wordBody is a word and what is done about it.
type wordBody struct {
	Word   string `json:"word" maxLength:"120"`
	Action string `json:"action" enum:"mask,hold,refuse"`
}

type wordInput struct {
	httpapi.ShopPath
	httpapi.IdempotencyKey
	Body wordBody
}

type platformWordInput struct {
	httpapi.IdempotencyKey
	Body wordBody
}

func (h API) add(ctx context.Context, in wordInput) (*httpapi.Body[wordView], error) {
	action, err := ParseAction(in.Body.Action)
	if err != nil {
		return nil, err
	}
	w := Word{Shop: in.Shop, Text: in.Body.Word, Action: action}
	key, err := in.Once(ctx, "word-create", w)
	if err != nil {
		return nil, err
	}
	w, err = h.Service.AddWordOnce(ctx, key, w)
	return httpapi.OK(viewWord(w), err)
}

func (h API) addWord(ctx context.Context, in *wordInput) (*httpapi.Body[wordView], error) {
	return h.add(ctx, *in)
}

func (h API) addPlatformWord(ctx context.Context, in *platformWordInput) (*httpapi.Body[wordView], error) {
	return h.add(ctx, wordInput{IdempotencyKey: in.IdempotencyKey, Body: in.Body})
}

type wordPath struct {
	httpapi.ShopPath
	Word id.Word `path:"word"`
}

func (h API) removeWord(ctx context.Context, in *wordPath) (*httpapi.Empty, error) {
	return &httpapi.Empty{}, h.Service.RemoveWord(ctx, in.Shop, in.Word)
}

func (h API) removePlatformWord(ctx context.Context, in *struct {
	Word id.Word `path:"word"`
},
) (*httpapi.Empty, error) {
	return &httpapi.Empty{}, h.Service.RemoveWord(ctx, id.Shop{}, in.Word)
}

// silenceView is somebody who may not speak in a shop's rooms, or not enter them.
type silenceView struct {
	User   id.User    `json:"user_id"`
	Name   string     `json:"name"`
	Kind   string     `json:"kind" enum:"mute,ban"`
	Until  *time.Time `json:"until" doc:"null: for good"`
	Reason string     `json:"reason"`
	ByName string     `json:"by_name"`
	At     time.Time  `json:"at"`
}

func (h API) silenced(ctx context.Context, in *httpapi.ShopPath) (*httpapi.Body[page.List[silenceView]], error) {
	list, err := h.Service.SilencedIn(ctx, in.Shop)
	if err != nil {
		return nil, err
	}
	var people []id.User
	for _, x := range list {
		people = append(people, x.User, x.By)
	}
	names, err := h.People.DisplayNames(ctx, people)
	out := page.List[silenceView]{Items: []silenceView{}}
	for _, x := range list {
		v := silenceView{
			User: x.User, Name: names[x.User], Kind: muted, Reason: x.Reason, ByName: names[x.By],
			At: x.At,
		}
		if x.Banned {
			v.Kind = banned
		}
		if !x.Until.IsZero() {
			v.Until = &x.Until
		}
		out.Items = append(out.Items, v)
	}
	return httpapi.OK(out, err)
}

// SilencePath names somebody in a shop's path.
type SilencePath struct {
	httpapi.ShopPath
	User id.User `path:"user"`
}

type silenceInput struct {
	SilencePath
	Body struct {
		Kind    string `json:"kind" enum:"mute,ban"`
		Minutes int64  `json:"minutes,omitempty" minimum:"0" maximum:"525600" doc:"0: for good"`
		Reason  string `json:"reason,omitempty" maxLength:"400"`
	}
}

func (h API) silence(ctx context.Context, in *silenceInput) (*httpapi.Empty, error) {
	x := Silence{
		Shop: in.Shop, User: in.User, Banned: in.Body.Kind == banned, By: httpapi.ActorFrom(ctx).User,
		Reason: in.Body.Reason,
	}
	if in.Body.Minutes > 0 {
		x.Until = h.Service.db.Clock().Now().Add(time.Duration(in.Body.Minutes) * time.Minute)
	}
	return &httpapi.Empty{}, h.Service.Silence(ctx, x)
}

func (h API) release(ctx context.Context, in *SilencePath) (*httpapi.Empty, error) {
	return &httpapi.Empty{}, h.Service.Release(ctx, in.Shop, in.User)
}
