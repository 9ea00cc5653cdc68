import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from printer_inventory.folded import FirstTables


class Migration(FirstTables):

    replaces = [('contracts', '0002_devices'), ('contracts', '0004_undo_imports'), ('contracts', '0005_cartridge_import'), ('contracts', '0006_order_delivery'), ('contracts', '0007_move_orders'), ('contracts', '0008_orders_by_outbox'), ('contracts', '0009_autopoll'), ('contracts', '0010_import_made')]

    dependencies = [
        ('contracts', '0001_catalogue'),
        ('inventory', '0001_tables'),
        ('outbox', '0001_tables'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ContractDevice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contract_devices', to='inventory.organization', verbose_name='organization')),
                ('city', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='devices', to='contracts.city', verbose_name='city')),
                ('address', models.CharField(max_length=255, verbose_name='address')),
                ('room_number', models.CharField(blank=True, max_length=128, verbose_name='room')),
                ('model', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='devices', to='contracts.devicemodel', verbose_name='device model')),
                ('serial_number', models.CharField(blank=True, max_length=128, verbose_name='serial number')),
                ('status', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='devices', to='contracts.contractstatus', verbose_name='status')),
                ('service_provider', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='devices', to='contracts.serviceprovider', verbose_name='service provider')),
                ('service_start_month', models.DateField(blank=True, null=True, verbose_name='serviced from')),
                ('comment', models.TextField(blank=True, verbose_name='comment')),
                ('printer', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='contract_device', to='inventory.printer', verbose_name='printer')),
                ('is_active', models.BooleanField(default=True, verbose_name='under contract')),
                ('removed_at', models.DateTimeField(blank=True, null=True, verbose_name='taken out')),
                ('replaced_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='replaces', to='contracts.contractdevice', verbose_name='replaced by')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='added')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='edited')),
                ('version', models.PositiveIntegerField(default=0, editable=False, verbose_name='version')),
            ],
            options={
                'verbose_name': 'contract device',
                'verbose_name_plural': 'contract devices',
                'ordering': ['organization__name', 'city__name', 'address', 'room_number', 'id'],
                'indexes': [models.Index(fields=['service_start_month'], name='contractdevice_month')],
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('serial_number'), models.F('organization'), condition=models.Q(('is_active', True), models.Q(('serial_number', ''), _negated=True)), name='uq_contractdevice_org_sn_ci'), models.CheckConstraint(condition=models.Q(('service_start_month__isnull', True), ('service_start_month__day', 1), _connector='OR'), name='contractdevice_month_is_first_day')],
            },
        ),
        migrations.CreateModel(
            name='ImportRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(verbose_name='row')),
                ('label', models.CharField(max_length=12, verbose_name='what becomes of it')),
                ('verdict', models.CharField(max_length=7, verbose_name='verdict')),
                ('target', models.CharField(blank=True, default='', max_length=20)),
                ('values', models.JSONField(verbose_name='values')),
                ('problems', models.JSONField(default=list, verbose_name='problems')),
                ('session', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='contracts.importsession')),
                ('file', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='contracts.importfile')),
                ('key', models.CharField(blank=True, default='', max_length=160)),
                ('changes', models.JSONField(default=dict, verbose_name='changes')),
                ('decision', models.CharField(choices=[('pending', 'as suggested'), ('apply', 'apply'), ('skip', 'leave out')], default='pending', max_length=7, verbose_name='decision')),
                ('applied_device', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='contracts.contractdevice')),
                ('written', models.JSONField(blank=True, null=True)),
            ],
            options={
                'verbose_name': 'row of a contract import',
                'verbose_name_plural': 'rows of contract imports',
                'ordering': ['file', 'number'],
                'abstract': False,
                'indexes': [models.Index(fields=['session', 'label', 'id'], name='contract_row_label'), models.Index(fields=['session', 'key'], name='contract_row_key')],
                'constraints': [models.UniqueConstraint(fields=('file', 'number'), name='contract_row_once')],
            },
        ),
        migrations.CreateModel(
            name='AutoPollCandidate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('session', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='candidates', to='contracts.importsession')),
                ('contract_device', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='contracts.contractdevice', verbose_name='device')),
                ('serial_number', models.CharField(max_length=128, verbose_name='serial number')),
                ('status', models.CharField(choices=[('waiting', 'not asked yet'), ('glpi_active', 'seen by GLPI'), ('glpi_stale', 'not seen lately'), ('not_found', 'unknown to GLPI'), ('no_ip', 'no usable address'), ('ip_conflict', "address is another's"), ('error', 'error')], default='waiting', max_length=11, verbose_name='what GLPI says')),
                ('glpi_printer_id', models.PositiveBigIntegerField(blank=True, null=True, verbose_name='number in GLPI')),
                ('glpi_name', models.CharField(blank=True, default='', max_length=255, verbose_name='name in GLPI')),
                ('glpi_ip', models.GenericIPAddressField(blank=True, null=True, verbose_name='address in GLPI')),
                ('glpi_counter', models.PositiveBigIntegerField(blank=True, null=True, verbose_name='pages in GLPI')),
                ('glpi_date', models.DateTimeField(blank=True, null=True, verbose_name='last seen by GLPI')),
                ('error', models.CharField(blank=True, default='', max_length=500, verbose_name='why not')),
                ('checked_at', models.DateTimeField(blank=True, null=True, verbose_name='looked up')),
                ('verify_ok', models.BooleanField(blank=True, null=True, verbose_name='answers with this serial number')),
                ('verify_message', models.CharField(blank=True, default='', max_length=500, verbose_name='what answered')),
                ('verified_at', models.DateTimeField(blank=True, null=True, verbose_name='asked')),
                ('created_printer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='inventory.printer', verbose_name='printer')),
                ('ignored_at', models.DateTimeField(blank=True, null=True, verbose_name='left out')),
            ],
            options={
                'verbose_name': 'candidate for polling',
                'verbose_name_plural': 'candidates for polling',
                'ordering': ['serial_number'],
                'indexes': [models.Index(fields=['session', 'status'], name='candidate_status')],
                'constraints': [models.UniqueConstraint(fields=('session', 'serial_number'), name='candidate_once_per_session')],
            },
        ),
        migrations.CreateModel(
            name='ContractEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='at')),
                ('old_values', models.JSONField(blank=True, default=dict, verbose_name='before')),
                ('new_values', models.JSONField(blank=True, default=dict, verbose_name='after')),
                ('comment', models.CharField(blank=True, default='', max_length=500, verbose_name='comment')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('device', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='events', to='contracts.contractdevice', verbose_name='device')),
                ('device_name', models.CharField(max_length=255, verbose_name='device')),
                ('change', models.CharField(choices=[('added', 'added'), ('edited', 'edited'), ('imported', 'changed by an import'), ('removed', 'taken out of the contract'), ('restored', 'taken back'), ('replaced', 'replaced'), ('linked', 'linked to a printer'), ('unlinked', 'unlinked from its printer'), ('ordered', 'cartridges ordered'), ('undone', 'undone')], max_length=16, verbose_name='change')),
                ('related_device', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='contracts.contractdevice')),
            ],
            options={
                'verbose_name': 'change of a contract device',
                'verbose_name_plural': 'changes of contract devices',
                'ordering': ['-at', '-id'],
                'abstract': False,
                'indexes': [models.Index(fields=['device', '-at'], name='contract_event_device_at')],
                'constraints': [],
            },
        ),
        migrations.CreateModel(
            name='CartridgeOrder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('device', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='contracts.contractdevice', verbose_name='device')),
                ('provider', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='contracts.serviceprovider', verbose_name='service provider')),
                ('recipient', models.EmailField(max_length=254, verbose_name='to')),
                ('reply_to', models.EmailField(blank=True, max_length=254, verbose_name='answers to')),
                ('lines', models.JSONField(default=list, verbose_name='lines')),
                ('comment', models.TextField(blank=True, verbose_name='comment')),
                ('delivery', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='cartridge_order', to='outbox.delivery', verbose_name='delivery')),
                ('request_key', models.CharField(max_length=64, unique=True)),
                ('requested_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='ordered')),
            ],
            options={
                'verbose_name': 'cartridge order',
                'verbose_name_plural': 'cartridge orders',
                'ordering': ['-created_at', '-id'],
                'indexes': [],
                'constraints': [],
            },
        ),
    ]
