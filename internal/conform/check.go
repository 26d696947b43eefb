package conform

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/ext"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
)

// What one evaluation of one expression may cost, in units of CEL (about one
// for each step), and how large an expression may be.
const (
	maxCost       = 5_000_000
	maxExpression = 4000 // bytes
	maxDepth      = 64
)

// Checks are the compiled checks of a standard. They are safe for use by
// several goroutines.
type Checks struct {
	Standard *catalog.Standard
	checks   []check // one for each statement, in order
}

type check struct {
	when, must cel.Program // nil: none
}

// Compile compiles and type-checks all checks of a standard. Every fault is
// reported with its line (a *wardbook.Invalid).
func Compile(s *catalog.Standard) (*Checks, error) {
	v, err := theVocabulary()
	if err != nil {
		return nil, err
	}
	c := &Checks{Standard: s, checks: make([]check, len(s.Statements))}
	envs := map[string]*cel.Env{}
	var ps wardbook.Problems
	for i := range s.Statements {
		st := &s.Statements[i]
		if st.Must == "" {
			continue
		}
		env, ok := envs[st.Each]
		if !ok {
			if env, err = environment(v, st.Each); err != nil {
				ps.Add(s.PlaceOf(i, "each"), "%v", err)
				continue
			}
			envs[st.Each] = env
		}
		for _, e := range []struct {
			field, text string
			into        *cel.Program
		}{{"when", st.When, &c.checks[i].when}, {"must", st.Must, &c.checks[i].must}} {
			if e.text == "" {
				continue
			}
			if *e.into, err = program(env, e.text); err != nil {
				ps.Add(s.PlaceOf(i, e.field), "%s of %s: %v", e.field, st.ID, err)
			}
		}
	}
	return c, ps.Err()
}

// environment is what the checks asked of records of a kind can name.
func environment(v *vocabulary, each string) (*cel.Env, error) {
	opts := []cel.EnvOption{
		cel.CustomTypeAdapter(v), cel.CustomTypeProvider(v),
		cel.Variable("today", cel.StringType),
		cel.ParserRecursionLimit(maxDepth), cel.ParserExpressionSizeLimit(maxExpression),
		cel.DefaultUTCTimeZone(true), cel.HomogeneousAggregateLiterals(),
		// Nothing that makes much out of little in one step, such as lists.range or
		// replace: between steps the cost is counted, within one it is not.
		ext.TwoVarComprehensions(), ext.Bindings(),
	}
	if each != catalog.EachFile {
		t, ok := kinds[each]
		if !ok {
			return nil, fmt.Errorf("%q is no kind of record that a check can ask: %s, or file", each, strings.Join(Kinds(), ", "))
		}
		opts = append(opts, cel.Variable("self", v.byType[t].cel))
	}
	for _, k := range Kinds() {
		opts = append(opts, cel.Variable(k, cel.MapType(cel.StringType, v.byType[kinds[k]].cel)))
	}
	return cel.NewEnv(opts...)
}

func program(env *cel.Env, text string) (cel.Program, error) {
	ast, iss := env.Compile(text)
	if iss.Err() != nil {
		var all []string
		for _, e := range iss.Errors() {
			msg, _, _ := strings.Cut(e.Message, "\n")
			all = append(all, fmt.Sprintf("column %d: %s", e.Location.Column()+1, msg))
		}
		return nil, errors.New(strings.Join(all, "; "))
	}
	if ast.OutputType() != cel.BoolType {
		return nil, fmt.Errorf("gives %s and not true or false", ast.OutputType())
	}
	return env.Program(ast, cel.EvalOptions(cel.OptOptimize), cel.CostLimit(maxCost), cel.InterruptCheckFrequency(256))
}

// activation is what an expression finds under the names that it uses.
type activation struct {
	file *File
	self *object
}

// Parent is of cel.Activation: there is none.
func (a *activation) Parent() cel.Activation { return nil }

// holds evaluates p for self.
func holds(ctx context.Context, p cel.Program, f *File, self *object) (bool, error) {
	out, _, err := p.ContextEval(ctx, &activation{f, self})
	if err != nil {
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		return false, err
	}
	return out == types.True, nil
}
