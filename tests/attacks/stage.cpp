#include "tests/attacks/stage.hpp"

#include <algorithm>
#include <filesystem>
#include <set>
#include <stdexcept>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "reconciler/command/commands.hpp"
#include "reconciler/io/disk/files.hpp"
#include "reconciler/io/hash.hpp"
#include "reconciler/options/command_line.hpp"
#include "reconciler/show/run/show_error.hpp"
#include "reconciler/transfer/copy_image.hpp"
#include "reconciler/transfer/pack.hpp"
#include "schema/exit_code.hpp"

namespace ingot::attacks {

namespace {

namespace fs = std::filesystem;
using testing_support::read_text;
using testing_support::write_text;

struct QuietTerminal final : io::Terminal {
  std::string printed, said;
  bool output_is_terminal() override { return false; }
  bool error_is_terminal() override { return false; }
  bool can_ask() override { return false; }
  int width() override { return 100; }
  void out(std::string_view text) override { printed += text; }
  using io::Terminal::error;
  void error(std::string_view text, io::Priority) override { said += text; }
  std::optional<std::string> ask(const std::string&) override { return std::nullopt; }
};

std::string text_of_cell(sqlite3_stmt* row, int column) {
  if (sqlite3_column_type(row, column) != SQLITE_BLOB) {
    const auto* text = sqlite3_column_text(row, column);
    return text == nullptr ? "NULL" : reinterpret_cast<const char*>(text);
  }
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(row, column));
  return io::sha256({bytes, static_cast<std::size_t>(sqlite3_column_bytes(row, column))}).hex();
}

/// Each row of a query, its cells with a "|" between.
std::vector<std::string> rows_of(sqlite3* database, const std::string& query) {
  std::vector<std::string> rows;
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(database, query.c_str(), -1, &statement, nullptr) != SQLITE_OK)
    throw std::runtime_error(sqlite3_errmsg(database));
  while (sqlite3_step(statement) == SQLITE_ROW) {
    std::string row;
    for (int column = 0; column < sqlite3_column_count(statement); ++column)
      row += (column == 0 ? "" : "|") + text_of_cell(statement, column);
    rows.push_back(row);
  }
  sqlite3_finalize(statement);
  return rows;
}

/// Of the state file, read by SQLite alone.
std::vector<std::string> rows_of(const std::string& file, const std::string& query) {
  sqlite3* database = nullptr;
  const int opened = sqlite3_open_v2(file.c_str(), &database, SQLITE_OPEN_READONLY, nullptr);
  const std::unique_ptr<sqlite3, decltype(&sqlite3_close)> closer(database, &sqlite3_close);
  if (opened != SQLITE_OK) throw std::runtime_error("cannot read " + file);
  return rows_of(database, query);
}

/// meta counts the runs, and registration says when the peer was last seen: neither is trust.
void remember_rows(const std::string& state, Remembered& remembered) {
  const std::map<std::string, std::string> columns{{"meta", "lineage, self_id, live_images, content, published"},
                                                   {"registration", "id, name, own_name, urls"}};
  for (const auto& table : rows_of(state, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")) {
    if (table == "run" || table == "action" || table == "peer") continue;
    const auto chosen = columns.find(table);
    for (const auto& row : rows_of(state, "SELECT " + (chosen == columns.end() ? "*" : chosen->second) + " FROM " + table))
      remembered[table + ": " + row] = "";
  }
}

bool is_cache(const std::string& path) {
  return path.starts_with("state/cache") || path.starts_with("state/ingot.db") || path.ends_with("lock");
}

Catalog sorted(Catalog catalog) {
  std::sort(catalog.images.begin(), catalog.images.end(),
            [](const auto& one, const auto& other) { return one.name < other.name; });
  return catalog;
}

/// In memory if there is such a place: what a power cut leaves is not asked here, and syncing costs most of the time.
std::string quick_folder() { return fs::is_directory("/dev/shm") ? "/dev/shm" : testing::TempDir(); }

Time now() { return io::SystemClock().now(); }

}  // namespace

Venue& venue_of(Way way) {
  static std::map<bool, Venue> venues;
  const bool tls = way == Way::here_tls;
  if (venues.contains(tls)) return venues[tls];
  Venue& venue = venues[tls];
  venue.url = venue.server.url();
  if (!tls) return venue;
  const auto authority = testing_support::Certificate::authority("attacks");
  const auto certificate = authority.issue("127.0.0.1");
  venue.authority_pem = authority.certificate_pem();
  venue.folder = std::make_unique<testing_support::TestFolder>();
  write_text(*venue.folder / "server.pem", certificate.certificate_pem());
  write_text(*venue.folder / "server.key", certificate.key_pem());
  const std::string port = std::to_string(testing_support::free_port());
  venue.front =
      std::make_unique<testing_support::Nginx>(venue.folder->path(), venue.folder->path(),
                                               "listen 127.0.0.1:" + port +
                                                   " ssl; ssl_certificate server.pem; ssl_certificate_key server.key; rewrite ^ "
                                                   "/front$uri; location /front/ { proxy_pass http://127.0.0.1:" +
                                                   std::to_string(venue.server.port()) + "/; proxy_buffering off; }");
  venue.url = "https://127.0.0.1:" + port + "/";
  return venue;
}

std::vector<std::string> differences(const Remembered& before, const Remembered& after) {
  std::vector<std::string> found;
  for (const auto& [what, value] : before) {
    const auto now = after.find(what);
    if (now == after.end())
      found.push_back("- " + what);
    else if (now->second != value)
      found.push_back("* " + what);
  }
  for (const auto& [what, value] : after) {
    if (!before.contains(what)) found.push_back("+ " + what);
  }
  return found;
}

Stage::Stage(Way way, const std::string& peer_keys)
    : venue(venue_of(way)), server(venue.server), peer("fpps-2", now()), way_(way), folder_(quick_folder()) {
  server.behave();
  offer("db19_24", "the bytes of db19_24");
  publish();
  const Ran made = here({"init", "--server", "home", home()});
  EXPECT_EQ(made.exit, 0) << made.err;
  write_text(home() + "/ca.pem", venue.authority_pem);
  write_text(home() + "/fpps-2.card.toml", write_card(peer.card(venue.url)));
  manifest(peer_keys);
  const Ran first = here({"apply", "--yes", "-f", home()});
  EXPECT_EQ(first.exit, 0) << first.out << first.err;
  const Ran idle = here({"plan", "-f", home()});  // settled
  EXPECT_EQ(idle.exit, 0) << idle.out << idle.err;
  server.forget();
}

void Stage::tempt() {
  const std::string image = "new-" + std::to_string(peer.head().serial + 1);
  offer(image, "the bytes of " + image);
  publish();
}

void Stage::manifest(const std::string& peer_keys, const std::string& more) {
  std::string text =
      "manifest = 1\n[server]\nname = \"home\"\n[[peer]]\nname = \"fpps-2\"\ncard = \"fpps-2.card.toml\"\n" + peer_keys + "\n";
  if (!venue.authority_pem.empty()) text += "ca_file = \"ca.pem\"\n";
  write_text(home() + "/ingot.toml", text + "[[subscription]]\npeer = \"fpps-2\"\nall = true\nsince = \"start\"\n" + more);
}

Ran Stage::ingot(std::vector<std::string> words) {
  words.insert(words.end(), {"-f", home()});
  if (way_ != Way::process) return here(words);
#ifdef INGOT_BINARY
  words.insert(words.begin(), INGOT_BINARY);
  return testing_support::run({.arguments = words, .folder = home(), .environment = {}});
#else
  throw std::logic_error("this test program does not know the built one");
#endif
}

Ran Stage::here(const std::vector<std::string>& words) {
  QuietTerminal terminal;
  io::PosixFiles files;
  try {
    const options::Arguments arguments = options::CommandLine(words).arguments();
    const console::Session session{
        .flags = arguments.everywhere, .terminal = terminal, .files = files, .clock = clock, .connect = [this] {
          return std::make_unique<io::CurlTransport>(clock, limits);
        }};
    const int exit = std::visit(
        [&](const auto& command) -> int {
          using Command = std::decay_t<decltype(command)>;
          if constexpr (std::is_same_v<Command, options::ShowHelp> || std::is_same_v<Command, options::ShowVersion>)
            return exit_usage;
          else
            return command::run_command(command, session);
        },
        arguments.command);
    return {exit, terminal.printed, terminal.said};
  } catch (const Error& error) {
    return {exit_code_of(error.fault()), terminal.printed, terminal.said + show::error_text(error, show::Style(false))};
  }
}

Remembered Stage::remembered() const {
  Remembered remembered;
  for (const auto& entry : fs::recursive_directory_iterator(home())) {
    const std::string path = fs::relative(entry.path(), home()).string();
    if (is_cache(path)) continue;
    if (entry.is_symlink())
      remembered[path] = "-> " + fs::read_symlink(entry.path()).string();
    else
      remembered[path] = entry.is_regular_file() ? io::sha256(read_text(entry.path().string())).hex() : "folder";
  }
  remember_rows(state_file(), remembered);
  return remembered;
}

std::vector<std::string> Stage::copies() const {
  return rows_of(state_file(), "SELECT name FROM image WHERE deleted = 0 ORDER BY name");
}

std::vector<std::string> Stage::floors() const {
  std::vector<std::string> names;
  if (!fs::exists(trust_folder())) return names;
  for (const auto& entry : fs::directory_iterator(trust_folder())) {
    if (entry.path().filename().string().starts_with("floor-")) names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string Stage::evidence_folder() const {
  const std::string folder = trust_folder() + "/evidence";
  return fs::exists(folder) ? folder : "";
}

std::vector<std::string> Stage::requests() {
  auto paths = server.asked_paths();
  server.forget();
  return paths;
}

std::string Stage::page_path() const {
  for (std::size_t page = 0; page < peer.index().pages.size(); ++page) {
    if (peer.tree().at(page_path(page)).find("{\"image\":\"" + newest_ + "\"") != std::string::npos) return page_path(page);
  }
  throw std::logic_error("not published: " + newest_);
}

std::string Stage::bytes_path(const std::string& image) const {
  for (const auto& entry : catalog.images) {
    if (entry.name.text() == image) return transfer::object_path(entry.packed.value().file.digest);
  }
  throw std::logic_error("not on offer: " + image);
}

void Stage::offer(const std::string& image, const std::string& bytes) {
  newest_ = image;
  const Serial created = peer.head().serial + 1;
  ImageEntry entry = testing_support::own_image(peer.id(), image, created);
  std::string packed;
  transfer::Packer packer(1, [&](std::string_view some) { packed += some; });
  packer.write(bytes);
  const transfer::PackedResult result = packer.finish();
  entry.origin_name = peer.name();
  entry.digest = result.digest;
  entry.size = bytes.size();
  entry.packed = Packed{.file = {result.file, packed.size()}, .segments = result.table.segments.size(), .table = {}};
  peer.tree()[transfer::object_path(result.file)] = packed;
  if (result.table.segments.size() > 1) {
    const std::string table = write_segment_table(result.table);
    entry.packed->table = Publisher::piece_of(table);
    peer.tree()[transfer::object_path(entry.packed->table->digest)] = table;
  }
  catalog.images.push_back(std::move(entry));
  catalog = sorted(std::move(catalog));
}

void Stage::publish(std::optional<Serial> serial) {
  peer.publish(catalog, serial);
  serve();
}

void Stage::serve_head(const std::string& envelope) {
  auto tree = peer.tree();
  tree["head.dsse"] = envelope;
  server.serve(tree);
}

}  // namespace ingot::attacks
