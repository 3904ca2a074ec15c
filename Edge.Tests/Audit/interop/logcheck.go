// Command logcheck verifies an exported audit log with golang.org/x/mod/sumdb, which shares no line with the code that wrote it.
//
// It is given the log's folder, its key, and proofs that the log itself made:
//
//	logcheck LOG VKEY PROOFS
//
// PROOFS is a folder of index.<n> (an inclusion proof, one base64 hash a line) and old.<size> (the text of an older checkpoint, an
// empty line, and the consistency proof from it).
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io/ioutil"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// C2SP tlog-tiles has tiles of 2^8 hashes and leaves that height out of their paths.
const height = 8

func main() {
	if len(os.Args) != 4 {
		fail(fmt.Errorf("usage: logcheck LOG VKEY PROOFS"))
	}
	log, proofs := os.Args[1], os.Args[3]
	key, err := note.NewVerifier(os.Args[2])
	fail(err)
	bytes, err := ioutil.ReadFile(filepath.Join(log, "checkpoint"))
	fail(err)
	opened, err := note.Open(bytes, note.VerifierList(key))
	fail(err)
	tree, err := parse(opened.Text, key.Name())
	fail(err)
	tiles := tlog.TileHashReader(tree, folder(log))

	root, err := tlog.TreeHash(tree.N, tiles)
	fail(err)
	if root != tree.Hash {
		fail(fmt.Errorf("the tiles give root %v, the checkpoint signs %v", root, tree.Hash))
	}
	leaves := entries(log, tree.N)
	for n, leaf := range leaves {
		stored, err := tiles.ReadHashes([]int64{tlog.StoredHashIndex(0, int64(n))})
		fail(err)
		if stored[0] != leaf {
			fail(fmt.Errorf("entry %d is not the leaf that the tiles have", n))
		}
	}
	fmt.Printf("checkpoint %d %v\n", tree.N, tree.Hash)
	fmt.Printf("entries %d\n", len(leaves))

	included, consistent := 0, 0
	names, err := filepath.Glob(filepath.Join(proofs, "*.*"))
	fail(err)
	for _, name := range names {
		kind, number, _ := cut(filepath.Base(name), ".")
		n, err := strconv.ParseInt(number, 10, 64)
		fail(err)
		text, err := ioutil.ReadFile(name)
		fail(err)
		switch kind {
		case "index":
			fail(wrap(name, tlog.CheckRecord(hashes(string(text)), tree.N, tree.Hash, n, leaves[n])))
			theirs, err := tlog.ProveRecord(tree.N, n, tiles)
			fail(err)
			fail(same(name, theirs, hashes(string(text))))
			included++
		case "old":
			body, proof, _ := cut(string(text), "\n\n")
			old, err := parse(body+"\n", key.Name())
			fail(err)
			fail(wrap(name, tlog.CheckTree(hashes(proof), tree.N, tree.Hash, old.N, old.Hash)))
			theirs, err := tlog.ProveTree(tree.N, old.N, tiles)
			fail(err)
			fail(same(name, theirs, hashes(proof)))
			consistent++
		default:
			fail(fmt.Errorf("%s: neither index nor old", name))
		}
	}
	fmt.Printf("inclusion %d\nconsistency %d\n", included, consistent)
}

// parse reads a C2SP tlog-checkpoint; tlog.ParseTree knows only the Go checksum database's own.
func parse(text, origin string) (tlog.Tree, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[0] != origin || lines[3] != "" {
		return tlog.Tree{}, fmt.Errorf("not a checkpoint of %s", origin)
	}
	n, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	hash, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: n, Hash: hash}, err
}

// entries derives every leaf from the bundles.
func entries(log string, size int64) []tlog.Hash {
	var leaves []tlog.Hash
	for n := int64(0); n*(1<<height) < size; n++ {
		width := size - n*(1<<height)
		if width > 1<<height {
			width = 1 << height
		}
		name := tlog.Tile{H: height, L: 0, N: n, W: int(width)}.Path()
		name = "tile/entries/" + strings.TrimPrefix(name, fmt.Sprintf("tile/%d/0/", height))
		bundle, err := ioutil.ReadFile(filepath.Join(log, name))
		fail(err)
		for ; width > 0; width-- {
			if len(bundle) < 2 || len(bundle) < 2+int(binary.BigEndian.Uint16(bundle)) {
				fail(fmt.Errorf("%s is too short", name))
			}
			end := 2 + int(binary.BigEndian.Uint16(bundle))
			leaves = append(leaves, tlog.RecordHash(bundle[2:end]))
			bundle = bundle[end:]
		}
		if len(bundle) != 0 {
			fail(fmt.Errorf("%s has more than its entries", name))
		}
	}
	return leaves
}

// A folder serves the tiles in it to the package, which checks them against the checkpoint.
type folder string

func (f folder) Height() int { return height }

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		name := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", height), "tile/", 1)
		bytes, err := ioutil.ReadFile(filepath.Join(string(f), name))
		if err != nil {
			return nil, err
		}
		all = append(all, bytes)
	}
	return all, nil
}

func (f folder) SaveTiles([]tlog.Tile, [][]byte) {}

func hashes(lines string) []tlog.Hash {
	var all []tlog.Hash
	for _, line := range strings.Fields(lines) {
		bytes, err := base64.StdEncoding.DecodeString(line)
		fail(err)
		var hash tlog.Hash
		if copy(hash[:], bytes) != tlog.HashSize || len(bytes) != tlog.HashSize {
			fail(fmt.Errorf("%s is no hash", line))
		}
		all = append(all, hash)
	}
	return all
}

func same(name string, theirs, ours []tlog.Hash) error {
	if len(theirs) != len(ours) {
		return fmt.Errorf("%s: %d hashes, tlog makes %d", name, len(ours), len(theirs))
	}
	for i := range theirs {
		if theirs[i] != ours[i] {
			return fmt.Errorf("%s: hash %d is not the one that tlog makes", name, i)
		}
	}
	return nil
}

func cut(text, at string) (string, string, bool) {
	if i := strings.Index(text, at); i >= 0 {
		return text[:i], text[i+len(at):], true
	}
	return text, "", false
}

func wrap(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %v", name, err)
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
