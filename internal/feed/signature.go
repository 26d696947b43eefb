package feed

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	"github.com/ProtonMail/gopenpgp/v3/constants"
	"github.com/ProtonMail/gopenpgp/v3/crypto"
)

func normalFingerprint(s string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", ":", "").Replace(s))
}

// keyRing are the OpenPGP keys of a publisher that count.
type keyRing struct {
	mu   sync.Mutex // the library notes in a key what it found out about it
	ring *crypto.KeyRing
	keys []PublicKey
}

// readKey reads an armored public key.
func readKey(armored []byte, address string) (*crypto.Key, PublicKey, error) {
	key, err := crypto.NewKeyFromArmored(string(armored))
	if err != nil {
		return nil, PublicKey{}, fmt.Errorf("%s: this is no OpenPGP key: %w", plain(address), err)
	}
	if key.IsPrivate() {
		return nil, PublicKey{}, fmt.Errorf("%s: this is a private key", plain(address))
	}
	return key, PublicKey{Fingerprint: normalFingerprint(key.GetFingerprint()), URL: plain(address), Armored: string(armored)}, nil
}

// fetchKeys fetches the keys that the publisher names and those of feeds.yaml. A
// key that cannot be had is a problem: signatures by it will be by an unknown key.
func (r *run) fetchKeys(ctx context.Context, named []metadataKey) (*keyRing, error) {
	for _, u := range r.src.KeyURLs {
		named = append(named, metadataKey{URL: u})
	}
	out := &keyRing{}
	var err error
	if out.ring, err = crypto.NewKeyRing(nil); err != nil {
		return nil, err
	}
	for _, k := range named {
		b, err := r.client.get(ctx, k.URL, maxKey)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			r.problem("key "+plain(k.URL), "%v", err)
			continue
		}
		key, public, err := readKey(b, k.URL)
		if err != nil {
			r.problem("key "+plain(k.URL), "%v", err)
			continue
		}
		if want := normalFingerprint(k.Fingerprint); want != "" && want != public.Fingerprint {
			r.problem("key "+plain(k.URL), "the metadata gives the fingerprint %s, the key has %s: it is not used", want, public.Fingerprint)
			continue
		}
		if len(r.src.Fingerprints) > 0 && !slices.ContainsFunc(r.src.Fingerprints, func(f string) bool { return normalFingerprint(f) == public.Fingerprint }) {
			r.problem("key "+plain(k.URL), "its fingerprint %s is not one of those in feeds.yaml: it is not used", public.Fingerprint)
			continue
		}
		if err := out.ring.AddKey(key); err != nil {
			r.problem("key "+plain(k.URL), "%v", err)
			continue
		}
		out.keys = append(out.keys, public)
	}
	r.rememberKeys(out)
	return out, nil
}

// rememberKeys keeps the keys in the index, and says when a publisher has new ones.
func (r *run) rememberKeys(k *keyRing) {
	now := r.now()
	for i, key := range k.keys {
		k.keys[i].Since = now
		j := slices.IndexFunc(r.st.Keys, func(have PublicKey) bool { return have.Fingerprint == key.Fingerprint })
		switch {
		case j >= 0:
			k.keys[i].Since = r.st.Keys[j].Since
		case len(r.st.Keys) > 0:
			r.problem("key "+key.URL, "the publisher has a new key %s; fingerprints in feeds.yaml would pin the one that you know", key.Fingerprint)
		}
	}
	if len(k.keys) > 0 {
		r.st.Keys = k.keys
	}
}

// verifyAgain looks at documents in use whose signature said nothing yet, since
// keys and the rules of feeds.yaml may be others now.
func (r *run) verifyAgain(keys *keyRing) {
	for _, d := range slices.Clone(r.st.Documents) {
		if d.Signature == KeyUnknown && len(keys.keys) > 0 {
			document, err := os.ReadFile(r.f.Path(d))
			signature, err2 := os.ReadFile(r.f.SignaturePath(d))
			if err == nil && err2 == nil {
				d.Signature, d.Signer, err = keys.verify(document, signature, r.now())
				if d.Signature == SignatureBad {
					d.Aside = fmt.Sprintf("its signature is bad: %v", err)
				}
			}
		}
		if r.src.Signed && d.Signature != SignatureVerified && d.Aside == "" {
			d.Aside = unsigned(d.Signature)
		}
		if d.Aside == "" {
			r.st.put(d)
			continue
		}
		r.problem(d.Name, "put aside: %s", d.Aside)
		r.report.Aside++
		r.st.drop(d.URL)
		r.st.setAside(d)
	}
}

func unsigned(s SignatureState) string {
	return fmt.Sprintf("signature: %s; the source is set to take verified documents only", s)
}

// verify holds a detached signature against the keys.
func (k *keyRing) verify(document, signature []byte, now time.Time) (SignatureState, string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	state, signer, err := k.verifyAt(document, signature, now.Unix())
	if state == SignatureBad && (errors.Is(err, pgperrors.ErrKeyExpired) || errors.Is(err, pgperrors.ErrSignatureExpired)) {
		// A key that ran out since does not make old signatures bad.
		if made := signatureTime(k, document, signature); made > 0 && made <= now.Unix() {
			return k.verifyAt(document, signature, made)
		}
	}
	return state, signer, err
}

func (k *keyRing) verifyAt(document, signature []byte, at int64) (SignatureState, string, error) {
	handle, err := crypto.PGP().Verify().VerificationKeys(k.ring).VerifyTime(at).DisableAutomaticTextSanitize().New()
	if err != nil {
		return KeyUnknown, "", err
	}
	result, err := handle.VerifyDetached(document, signature, encodingOf(signature))
	if err != nil {
		return SignatureBad, "", fmt.Errorf("the signature cannot be read: %w", err)
	}
	signer := hex.EncodeToString(result.SignedByFingerprint())
	var failed crypto.SignatureVerificationError
	switch err := result.SignatureError(); {
	case err == nil && (len(result.Signatures) == 0 || result.SignedByKey() == nil):
		return SignatureBad, "", errors.New("the signature file holds no signature")
	case err == nil:
		return SignatureVerified, signer, nil
	case errors.As(err, &failed) && failed.Status == constants.SIGNATURE_NO_VERIFIER:
		return KeyUnknown, signer, nil
	case errors.As(err, &failed) && failed.Status == constants.SIGNATURE_NOT_SIGNED:
		return SignatureBad, "", errors.New("the signature file holds no signature")
	default:
		return SignatureBad, signer, err
	}
}

func signatureTime(k *keyRing, document, signature []byte) int64 {
	handle, err := crypto.PGP().Verify().VerificationKeys(k.ring).DisableVerifyTimeCheck().New()
	if err != nil {
		return 0
	}
	result, err := handle.VerifyDetached(document, signature, encodingOf(signature))
	if err != nil {
		return 0
	}
	return result.SignatureCreationTime()
}

func encodingOf(signature []byte) int8 {
	if bytes.HasPrefix(bytes.TrimSpace(signature), []byte("-----BEGIN")) {
		return crypto.Armor
	}
	return crypto.Bytes
}
