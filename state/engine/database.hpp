// A state's tables behind three handles: Database, Statement, Transaction, whatever the engine (engine.hpp). Every error of an
// engine becomes Error{local} that names the state. SQL is text of the program, never built from outside text.
#pragma once

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include "schema/digest.hpp"
#include "schema/error.hpp"
#include "schema/image.hpp"
#include "schema/names.hpp"
#include "schema/text/quantity.hpp"
#include "state/engine/engine.hpp"

namespace ingot::state {

/// SQL that was fixed when the program was compiled: the compiler refuses any other text.
class Sql {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): a literal is meant to be passed as it is.
  consteval Sql(const char* text) : text_(text) {}
  const char* text() const { return text_; }

 private:
  const char* text_;
};

/// Joins literals, for SQL that shares a list of columns. Keep the result `static constexpr` and pass its data().
template <std::size_t... N>
consteval auto joined_sql(const char (&... parts)[N]) {
  std::array<char, (N + ...) - sizeof...(N) + 1> text{};
  std::size_t end = 0;
  const auto append = [&](const char* part, std::size_t length) {
    for (std::size_t i = 0; i < length; ++i) text[end++] = part[i];
  };
  (append(parts, N - 1), ...);
  return text;
}

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_name = false;
template <class Kind>
inline constexpr bool is_name<BasicName<Kind>> = true;

class Database;

/// A prepared statement with its parameters bound; goes back to its database's pool when it ends.
class Statement {
 public:
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  /// The next row, if there is one. Columns are then read from the first on.
  bool step();
  /// How many rows it changed, once it was stepped.
  std::int64_t changes() const { return engine_->changes(); }
  /// Binds parameter `index` (from 1); an empty optional and a null pointer are NULL.
  template <class T>
  void bind(int index, const T& value) {
    if constexpr (is_optional<T> || (std::is_pointer_v<T> && !std::is_convertible_v<T, std::string_view>)) {
      value ? bind(index, *value) : bind_null(index);
    } else if constexpr (is_name<T>) {
      bind_text(index, value.text());
    } else if constexpr (std::same_as<T, bool>) {
      bind_integer(index, value ? 1 : 0);
    } else if constexpr (std::unsigned_integral<T>) {
      bind_unsigned(index, value);
    } else if constexpr (std::signed_integral<T>) {
      bind_integer(index, value);
    } else if constexpr (std::same_as<T, Digest>) {
      bind_blob(index, value);
    } else if constexpr (std::same_as<T, ServerId>) {
      bind_blob(index, value.root);
    } else if constexpr (std::same_as<T, Time>) {
      bind_integer(index, value.time_since_epoch().count());
    } else if constexpr (std::same_as<T, ImageState> || std::same_as<T, ImageKind>) {
      bind_text(index, text_of(value));
    } else {
      bind_text(index, value);
    }
  }

  /// The next column of this row as a T. Error{local} if what stands there is no T: the file is damaged.
  template <class T>
  T next() {
    if constexpr (is_optional<T>) {
      if (cell().kind != Cell::Kind::null) return next<typename T::value_type>();
      take();
      return std::nullopt;
    } else if constexpr (is_name<T>) {
      auto name = T::parse(next_text());
      if (!name) damaged("a name that is none");
      return *std::move(name);
    } else if constexpr (std::same_as<T, bool>) {
      return next_between(0, 1) == 1;
    } else if constexpr (std::unsigned_integral<T>) {
      return static_cast<T>(next_between(0, sizeof(T) < 8 ? std::int64_t{0xFFFFFFFF} : INT64_MAX));
    } else if constexpr (std::signed_integral<T>) {
      return static_cast<T>(sizeof(T) < 8 ? next_between(INT32_MIN, INT32_MAX) : next_between(INT64_MIN, INT64_MAX));
    } else if constexpr (std::same_as<T, Digest>) {
      return next_digest();
    } else if constexpr (std::same_as<T, ServerId>) {
      return ServerId{next_digest()};
    } else if constexpr (std::same_as<T, Time>) {
      return Time{Seconds(next_between(0, last_second))};
    } else if constexpr (std::same_as<T, ImageState>) {
      return known(parse_image_state(next_text()), "an unknown state of an image");
    } else if constexpr (std::same_as<T, ImageKind>) {
      return known(parse_image_kind(next_text()), "an unknown kind of image");
    } else {
      return T(next_text());
    }
  }
  /// The next column's text, good until the next step().
  std::string_view next_text();

  /// Throws Error{local}: the file holds `what`.
  [[noreturn]] void damaged(std::string_view what) const;

 private:
  friend class Database;
  using Pool = std::vector<std::unique_ptr<EngineStatement>>;
  Statement(Database& database, Pool& home, std::unique_ptr<EngineStatement> engine)
      : database_(&database), home_(&home), engine_(std::move(engine)) {}

  static constexpr std::int64_t last_second = 253'402'300'799;  ///< of the year 9999

  void bind_null(int index) { engine_->bind_null(index); }
  void bind_integer(int index, std::int64_t value) { engine_->bind_integer(index, value); }
  void bind_unsigned(int index, std::uint64_t value);
  void bind_text(int index, std::string_view value) { engine_->bind_text(index, value); }
  void bind_blob(int index, const Digest& value);
  /// The next column.
  const Cell& cell() {
    if (!cell_) cell_ = engine_->cell(column_);
    return *cell_;
  }
  /// The same, and goes on to the one after it.
  Cell take();
  std::int64_t next_between(std::int64_t least, std::int64_t most);
  Digest next_digest();
  template <class T>
  T known(const std::optional<T>& value, std::string_view what) {
    if (!value) damaged(what);
    return *value;
  }

  Database* database_;
  Pool* home_;
  std::unique_ptr<EngineStatement> engine_;
  int column_ = 0;
  std::optional<Cell> cell_;
};

/// A connection. Not for two threads at once. Does not move: statements point to it.
class Database {
 public:
  explicit Database(std::unique_ptr<Engine> engine);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database() = default;

  /// The file or URL, for people.
  const std::string& place() const { return engine_->place(); }
  Engine& engine() { return *engine_; }

  /// A statement with its parameters bound in order.
  template <class... Values>
  Statement query(Sql sql, const Values&... values) {
    Statement statement = prepare(sql.text());
    int index = 0;
    (statement.bind(++index, values), ...);
    return statement;
  }
  /// The same for rows of which there may be very many: they are never all in memory. Inside a transaction only.
  template <class... Values>
  Statement scan(Sql sql, const Values&... values) {
    Statement statement = query(sql, values...);
    statement.engine_->read_in_portions();
    return statement;
  }
  /// Runs a statement that gives no rows; the number of rows it changed.
  template <class... Values>
  std::int64_t execute(Sql sql, const Values&... values) {
    Statement statement = query(sql, values...);
    statement.step();
    return statement.changes();
  }
  /// Runs an INSERT that ends in RETURNING its key; gives that key.
  template <class... Values>
  std::int64_t insert(Sql sql, const Values&... values) {
    return only_number(query(sql, values...));
  }
  /// Runs several statements without parameters, such as the text of an upgrade.
  void run_script(const char* script) { engine_->run_script(script); }

  std::int64_t number(Sql query);  ///< the first column of its first row
  bool in_transaction() const { return engine_->in_transaction(); }
  void roll_back() noexcept { engine_->roll_back(); }
  /// No statement may be in use.
  void forget_statements() { pool_.clear(); }

 private:
  friend class Statement;
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };
  Statement prepare(const char* sql);
  static std::int64_t only_number(Statement statement);

  std::unique_ptr<Engine> engine_;
  /// Statements that are not in use, by their text.
  std::unordered_map<std::string, Statement::Pool, TextHash, std::equal_to<>> pool_;
};

/// A transaction that is undone unless it is committed.
class Transaction {
 public:
  using Kind = TransactionKind;
  Transaction(Database& database, Kind kind);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  void commit();

 private:
  Database& database_;
};

/// Throws Error{local}: the state is damaged, `what` was found.
[[noreturn]] void throw_damaged(const std::string& place, std::string_view what);

/// How many rows were left out, as they hold what their reader does not take.
struct LeftOut {
  std::uint64_t rows = 0;
};

/// `read()` takes the columns of a row, for each. A damaged row ends it with that error; or it is counted in `left_out`, if
/// given.
template <class Read>
void each_row_of(Statement& rows, LeftOut* left_out, Read&& read) {
  while (rows.step()) {
    try {
      read();
    } catch (const Error& error) {
      if (left_out == nullptr || error.code() != Code::damaged_state) throw;
      ++left_out->rows;
    }
  }
}

}  // namespace ingot::state
