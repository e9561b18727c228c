#include "state/upgrade.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "schema/error.hpp"
#include "state/engine/state_file.hpp"
#include "tables.hpp"

namespace ingot::state {

namespace {

/// A whole copy of the database, made durable before it gets its name. An older backup of the same format stays.
void back_up(Database& database, int format) {
  std::string target = backup_path(database.place(), format);
  for (int copy = 2; access(target.c_str(), F_OK) == 0; ++copy)
    target = fmt::format("{}.{}", backup_path(database.place(), format), copy);
  const std::string beside = target + ".new";
  remove_database(beside);
  make_private_file(beside);
  try {
    database.execute("VACUUM INTO ?", beside);
    publish_file(beside, target);
  } catch (...) {
    remove_database(beside);
    throw;
  }
}

void run_steps(Database& database, const Upgrades& upgrades, int format) {
  Transaction transaction(database, Transaction::Kind::write);
  for (const auto& step : upgrades) {
    if (step.to <= format) continue;
    doing(fmt::format("upgrading the state to format {}", step.to), [&] { database.run_script(step.sql); });
  }
  if (database.query("PRAGMA foreign_key_check").step()) {
    throw Error(Fault::local, fmt::format("the state \"{}\" cannot be upgraded: references in it are broken", database.place()),
                "put back a backup of it; nothing was changed");
  }
  database.engine().set_format(database, newest_format(upgrades));
  transaction.commit();
}

}  // namespace

const Upgrades& product_upgrades() {
  static const Upgrades all{{2, upgrade_2_sql}, {3, upgrade_3_sql}, {4, upgrade_4_sql}};
  return all;
}

int newest_format(const Upgrades& upgrades) { return upgrades.empty() ? first_format : upgrades.back().to; }

int recognise(Database& database, const Upgrades& upgrades) {
  const auto format = database.engine().format(database);
  if (!format) {
    throw Error(
        Fault::manifest, fmt::format("\"{}\" is not a state of ingot", database.place()),
        "name the right file in the manifest; or, if this is the state and its first page is damaged, move it aside and run"
        " \"ingot state rebuild\"; nothing was changed")
        .with_code(Code::foreign_state);
  }
  if (*format < first_format) throw_damaged(database.place(), fmt::format("its format is {}", *format));
  if (*format > newest_format(upgrades)) {
    throw Error(Fault::manifest,
                fmt::format("the state \"{}\" was made by a newer ingot (format {}, this one knows {})", database.place(),
                            *format, newest_format(upgrades)),
                "use that ingot; nothing was changed")
        .with_code(Code::newer_state);
  }
  return static_cast<int>(*format);
}

std::string backup_path(const std::string& path, int format) { return fmt::format("{}.format-{}.backup", path, format); }

void upgrade(Database& database, const Upgrades& upgrades) {
  const int format = recognise(database, upgrades);
  if (format == newest_format(upgrades)) return;
  doing("backing up the state before an upgrade", [&] { back_up(database, format); });
  upgrade_copy(database, upgrades);
}

void upgrade_copy(Database& copy, const Upgrades& upgrades) {
  const int format = recognise(copy, upgrades);
  // A step may rebuild a table that others refer to; run_steps checks all references before it commits.
  copy.run_script("PRAGMA foreign_keys = OFF");
  run_steps(copy, upgrades, format);
  copy.run_script("PRAGMA foreign_keys = ON");
}

}  // namespace ingot::state
