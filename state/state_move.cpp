// Carrying a state from one place to another: row by row, compared, and marked as moved where it was.
#include <algorithm>
#include <array>
#include <functional>
#include <vector>

#include <fmt/format.h>

#include "schema/error.hpp"
#include "schema/text/url.hpp"
#include "state/engine/postgres.hpp"
#include "state/engine/sqlite.hpp"
#include "state/engine/state_file.hpp"
#include "state/state_impl.hpp"
#include "state/upgrade.hpp"
#include "tables.hpp"

namespace ingot::state {

namespace {

struct Table {
  std::string_view name;
  std::string_view key;  ///< a column of numbers that orders the rows; "": there is none
  bool counts = false;   ///< the keys of deleted rows are never given again
};

/// All of them, so that what a row refers to comes before it.
constexpr std::array<Table, 18> tables{{{"peer", ""},
                                        {"registration", ""},
                                        {"subscription", "number", true},
                                        {"imagetype", ""},
                                        {"object", "number", true},
                                        {"image", "key", true},
                                        {"series", "number", true},
                                        {"series_member", ""},
                                        {"export", ""},
                                        {"exported", ""},
                                        {"delta", ""},
                                        {"upload", "number", true},
                                        {"uploaded", ""},
                                        {"uploaded_part", ""},
                                        {"floor", ""},
                                        {"run", "number", true},
                                        {"action", "sequence", true},
                                        {"meta", "one"}}};

using Columns = std::map<std::string, std::vector<std::string>, std::less<>>;

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += text.empty() ? word : ", " + word;
  return text;
}

/// Reads every row of a table, in the order of its key.
std::unique_ptr<EngineStatement> rows_of(Database& database, const Table& table, const std::vector<std::string>& columns) {
  const std::string order = table.key.empty() ? "" : fmt::format(" ORDER BY {}", table.key);
  auto rows = database.engine().prepare(fmt::format("SELECT {} FROM {}{}", joined(columns), table.name, order).c_str());
  rows->read_in_portions();
  return rows;
}

void bind(EngineStatement& to, int index, const Cell& cell) {
  switch (cell.kind) {
    case Cell::Kind::integer: return to.bind_integer(index, cell.number);
    case Cell::Kind::text: return to.bind_text(index, cell.bytes);
    case Cell::Kind::blob: return to.bind_blob(index, cell.bytes);
    case Cell::Kind::null:
    case Cell::Kind::other: return to.bind_null(index);
  }
}

std::uint64_t copy_table(Database& from, Database& to, const Table& table, const std::vector<std::string>& columns) {
  std::string marks;
  for (std::size_t i = 0; i < columns.size(); ++i) marks += i == 0 ? "?" : ", ?";
  const auto rows = rows_of(from, table, columns);
  const auto insert =
      to.engine().prepare(fmt::format("INSERT INTO {} ({}) VALUES ({})", table.name, joined(columns), marks).c_str());
  std::uint64_t count = 0;
  for (; rows->step(); ++count) {
    for (int i = 0; i < static_cast<int>(columns.size()); ++i) bind(*insert, i + 1, rows->cell(i));
    insert->step();
    insert->reset();
  }
  rows->reset();
  if (table.counts) to.engine().set_newest_key(to, table.name, from.engine().newest_key(from, table.name));
  return count;
}

/// One text for all that a row holds.
std::string text_of_row(const EngineStatement& rows, std::size_t columns) {
  std::string text;
  for (int i = 0; i < static_cast<int>(columns); ++i) {
    const Cell cell = rows.cell(i);
    text += fmt::format("{} {} {} ", static_cast<int>(cell.kind), cell.number, cell.bytes.size());
    text += cell.bytes;
  }
  return text;
}

/// Texts that a database cannot hold as they are sort otherwise there: what no number orders is sorted here.
std::vector<std::string> sorted_rows(Database& database, const Table& table, const std::vector<std::string>& columns) {
  std::vector<std::string> all;
  const auto rows = rows_of(database, table, columns);
  while (rows->step()) all.push_back(text_of_row(*rows, columns.size()));
  rows->reset();
  std::sort(all.begin(), all.end());
  return all;
}

bool are_equal(Database& one, Database& other, const Table& table, const std::vector<std::string>& columns) {
  if (table.key.empty()) return sorted_rows(one, table, columns) == sorted_rows(other, table, columns);
  const auto rows = rows_of(one, table, columns);
  const auto others = rows_of(other, table, columns);
  bool equal = true;
  for (bool more = true; equal && more;) {
    more = rows->step();
    equal = others->step() == more && (!more || text_of_row(*rows, columns.size()) == text_of_row(*others, columns.size()));
  }
  rows->reset();
  others->reset();
  return equal && (!table.counts || one.engine().newest_key(one, table.name) == other.engine().newest_key(other, table.name));
}

/// Fills an empty state. Error{local}: what it holds then is not what it was given.
std::uint64_t copy_all(Database& from, Database& to) {
  const Columns columns = from.engine().columns(from);
  if (columns.size() != tables.size() || to.engine().columns(to) != columns)
    throw Error(Fault::internal, "the two states have other tables");
  to.execute("DELETE FROM meta");
  std::uint64_t count = 0;
  for (const Table& table : tables) count += copy_table(from, to, table, columns.find(table.name)->second);
  for (const Table& table : tables) {
    if (are_equal(from, to, table, columns.find(table.name)->second)) continue;
    throw Error(Fault::local,
                fmt::format("the rows of \"{}\" in \"{}\" are not those of \"{}\"", table.name, to.place(), from.place()),
                "nothing was moved; run again");
  }
  return count;
}

/// A new state that has no name yet, so that nobody uses it before the old one is marked.
class NewPlace {
 public:
  virtual ~NewPlace() = default;
  virtual bool is_taken() = 0;
  virtual std::uint64_t fill(Database& from, const State& of, const std::vector<KnownToAll>& known) = 0;
  virtual bool is_filled() = 0;
  virtual void name() = 0;
  virtual std::string lineage() = 0;  ///< of what bears the name
};

class NewFile final : public NewPlace {
 public:
  explicit NewFile(std::string path) : path_(std::move(path)), beside_(path_ + ".new") {}
  bool is_taken() override { return file_size(path_) > 0 || has_log(path_); }
  std::uint64_t fill(Database& from, const State& of, const std::vector<KnownToAll>&) override {
    std::uint64_t count = 0;
    make_beside(path_, of.lineage(), of.self(), ServerName::of("moving"), [&](const std::string& beside) {
      Database database(open_sqlite(beside, OpenMode::read_write));
      Transaction transaction(database, Transaction::Kind::write);
      count = copy_all(from, database);
      transaction.commit();
    });
    make_durable(beside_);  // before the old one is marked: from then on this one counts
    return count;
  }
  bool is_filled() override { return file_size(beside_) > 0; }
  void name() override { publish_file(beside_, path_); }
  std::string lineage() override { return State::open(path_, Access::read_only).lineage(); }

 private:
  std::string path_, beside_;
};

class NewSchema final : public NewPlace {
 public:
  explicit NewSchema(const Place& place) : named_(place), place_(in_postgres(place)), beside_(place_) {
    beside_.schema += ".new";
  }
  bool is_taken() override { return PostgresConnection(place_).has_schema(); }
  std::uint64_t fill(Database& from, const State& of, const std::vector<KnownToAll>& known) override {
    drop_what_a_dead_move_left();
    std::uint64_t count = 0;
    make_postgres_schema(beside_, tables_sql, newest_format(product_upgrades()), [&](Database& database) {
      begin_meta(database, of.lineage(), of.self(), ServerName::of("moving"));
      count = copy_all(from, database);
      if (!known.empty()) write_known_to_all(database, known);
    });
    return count;
  }
  bool is_filled() override { return PostgresConnection(beside_).has_schema(); }
  void name() override {
    PostgresConnection connection(beside_);
    connection.run(fmt::format("ALTER SCHEMA {} RENAME TO \"{}\"", connection.quoted_schema(), place_.schema));
  }
  std::string lineage() override { return State::open(named_, Access::read_only).lineage(); }

 private:
  void drop_what_a_dead_move_left() {
    PostgresConnection connection(beside_);
    if (connection.has_schema()) connection.run(fmt::format("DROP SCHEMA {} CASCADE", connection.quoted_schema()));
  }

  Place named_;
  PostgresPlace place_, beside_;
};

std::unique_ptr<NewPlace> new_place(const Place& place) {
  if (is_database_url(place.where)) return std::make_unique<NewSchema>(place);
  return std::make_unique<NewFile>(place.where);
}

// Only a state that was moved has this table, so that all others keep their format.
void mark_as_moved(Database& database, const std::string& place, Time now) {
  database.run_script("CREATE TABLE moved (place TEXT NOT NULL, at INTEGER NOT NULL, finished INTEGER NOT NULL) STRICT");
  database.execute("INSERT INTO moved (place, at, finished) VALUES (?, ?, 0)", place, now);
}

}  // namespace

std::string move_text(const std::string& from, const MovedState& moved) {
  return fmt::format("the state \"{}\" was moved to \"{}\" at {}{}", from, moved.place, time_text(moved.at),
                     moved.finished ? "" : ", and the move was cut off before its end");
}

std::string move_mend(const MovedState& moved) {
  return moved.finished ? fmt::format("set `state` in [server] to \"{}\"", moved.place)
                        : fmt::format("finish it with: ingot state move --to '{}'", moved.place);
}

std::optional<MovedState> State::moved() const {
  const std::scoped_lock lock(impl_->mutex);
  Database& database = impl_->database;
  if (!database.engine().has_table(database, "moved")) return std::nullopt;
  Statement row = database.query("SELECT place, at, finished FROM moved");
  if (!row.step()) row.damaged("it does not say where it was moved to");
  MovedState moved;
  moved.place = row.next<std::string>();
  moved.at = row.next<Time>();
  moved.finished = row.next<bool>();
  return moved;
}

std::uint64_t State::move_to(const Place& to, Time now, const std::vector<KnownToAll>& known) {
  const auto target = new_place(to);
  Database& database = impl_->database;
  const std::scoped_lock lock(impl_->mutex);
  std::uint64_t count = 0;
  bool named = false;
  if (const auto before = moved()) {
    // What a move made that was cut off after the old state was marked is whole. Perhaps it has no name yet.
    named = target->is_taken();
    const bool can_be_finished =
        before->place == to.where && !before->finished && (named ? target->lineage() == lineage() : target->is_filled());
    if (!can_be_finished) throw Error(Fault::local, move_text(database.place(), *before), move_mend(*before));
  } else {
    if (target->is_taken()) {
      throw Error(Fault::local, fmt::format("cannot move the state to \"{}\": a state is there already", to.where),
                  "name another place, or remove what is there if it is of no use");
    }
    Transaction transaction(database, Transaction::Kind::write);
    count = target->fill(database, *this, known);
    mark_as_moved(database, to.where, now);
    transaction.commit();
  }
  if (!named) target->name();
  Transaction transaction(database, Transaction::Kind::write);
  database.execute("UPDATE moved SET finished = 1");
  transaction.commit();
  return count;
}

}  // namespace ingot::state
