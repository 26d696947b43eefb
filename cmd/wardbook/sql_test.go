package main

import "database/sql"

// execSQL runs a statement on an SQLite file: "sql FILE STATEMENT" of scripts
// that need a database as no command leaves it.
func execSQL(path, statement string) error {
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.Exec(statement)
	return err
}
