package store

import "database/sql"

// Raw lets tests go round the methods of a transaction.
func (tx *Tx) Raw() *sql.Tx { return tx.tx }

// RawDB is the pool that writes, for tests that tamper with what is stored.
func (s *Store) RawDB() *sql.DB { return s.write }
